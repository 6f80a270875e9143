/** A file of a package as Vite serves it: its address. */
declare module "*?url" {
  const address: string;
  export default address;
}
