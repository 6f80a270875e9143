/** What the npm package `webgpu` exports. */
export interface DawnPackage {
  /** @param options `backend=…`, `adapter=…`, `enable-dawn-features=…`, `disable-dawn-features=…` */
  create(options: readonly string[]): GPU;
  /** WebGPU's constants and classes, which a page has as globals. */
  readonly globals: Readonly<Record<string, unknown>>;
}

/** An adapter as Dawn lists it. */
export interface ListedAdapter {
  readonly backend: string;
  /** The GPU's own name: "NVIDIA H100 80GB HBM3". */
  readonly name: string;
}

const ADAPTER = "adapter=";
const isOfAdapter = (option: string): boolean => option.startsWith(ADAPTER);

/** Dawn's list of adapters, as it prints it where it is asked for one that is not there. */
export const parseAdapterList = (text: string): ListedAdapter[] =>
  [...text.matchAll(/backend: '([^']*)', name: '(.*)'$/gmu)].map(([, backend = "", name = ""]) => ({ backend, name }));

/** Every adapter that these options reach; none where Dawn does not say. The package has no other way to get the list. */
export const listAdapters = async (dawn: DawnPackage, options: readonly string[]): Promise<ListedAdapter[]> => {
  try {
    await dawn.create([...options.filter((option) => !isOfAdapter(option)), `${ADAPTER}(list)`]).requestAdapter();
    return [];
  } catch (error) {
    return parseAdapterList(error instanceof Error ? error.message : String(error));
  }
};

/** The options with `adapter=` and part of a name, in any case, made the whole name of the first adapter that bears it; without, where none does. */
export const withWholeName = (options: readonly string[], listed: readonly ListedAdapter[]): string[] =>
  options.flatMap((option) => {
    if (!isOfAdapter(option)) return [option];
    const part = option.slice(ADAPTER.length).toLowerCase();
    const found = listed.find(({ name }) => name.toLowerCase().includes(part));
    return found === undefined ? [] : [ADAPTER + found.name];
  });

/** Dawn's `device`: the name in lower case, with a hyphen for everything that is neither letter nor digit. */
const asDevice = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]+/gu, "-");

/** The listed adapter that an info is of. */
export const listedOrNull = ({ device }: { readonly device: string }, listed: readonly ListedAdapter[]): ListedAdapter | null =>
  listed.find(({ name }) => asDevice(name) === device) ?? null;

/**
 * `navigator.gpu` on these options. Dawn knows a name in its own case only, so one that it does not know is looked up; where no adapter
 * bears it, the default one is handed out, as a browser would, and the driver's guard refuses it.
 */
export const gpuOf = (dawn: DawnPackage, options: readonly string[]): GPU => {
  let gpu = dawn.create(options);
  return {
    requestAdapter: async (wish?: GPURequestAdapterOptions) => {
      try {
        return await gpu.requestAdapter(wish);
      } catch (error) {
        if (!options.some(isOfAdapter)) throw error;
        gpu = dawn.create(withWholeName(options, await listAdapters(dawn, options)));
        return gpu.requestAdapter(wish);
      }
    },
  } as GPU;
};
