/** Something that cannot be measured on this device: a limit or a feature is missing, memory ran out, or its check failed. */
export class LeftOut extends Error {
  override readonly name = "LeftOut";
}
