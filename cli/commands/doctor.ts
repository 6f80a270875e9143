import { Command } from "commander";
import { fileProbe } from "../../harness/driver/file-probe.ts";
import { findBrowserOrNull, type FoundBrowser } from "../../harness/driver/find-browser.ts";
import { adapterName, isSoftware, isSoftwareName, type SeenAdapter } from "../../harness/driver/guard.ts";
import { installPlanHere, launchHost, searchPlaces } from "../../harness/driver/host.ts";
import { attempt, openDevice, type DeviceRequest } from "../../harness/driver/open-device.ts";
import { serveSite } from "../../harness/driver/serve.ts";
import type { SystemGpu } from "../../harness/driver/session.ts";
import { nativeView } from "../../harness/driver/system-gpu.ts";
import { InputError } from "../../src/errors.ts";
import type { Adapter } from "../../src/profile/schema.ts";
import { size } from "../../src/format.ts";
import { browserFor } from "../browser.ts";
import { interruptible } from "../interrupt.ts";
import type { Io } from "../io.ts";
import { siteFolder } from "../project.ts";

interface DoctorOptions {
  readonly browser?: string;
  readonly gpu?: string;
  readonly software?: true;
  readonly install?: true;
  readonly json?: true;
}

/** A GPU that the system's tool or the browser's own system information names. */
interface ListedGpu {
  readonly source: string;
  readonly name: string;
  readonly driver: string;
  readonly memory_bytes: number | null;
}

interface Problem {
  readonly problem: string;
  readonly next_step: string;
}

/** What `doctor --json` prints. */
export interface Examination {
  readonly can_bench: boolean;
  readonly browser: { readonly path: string; readonly source: string; readonly version: string | null } | null;
  readonly gpus: readonly ListedGpu[];
  readonly other_gpu_processes: readonly string[];
  /** Every adapter the browser handed out, by any of the launch lines tried. */
  readonly adapters: readonly Adapter[];
  /** What bench would measure. */
  readonly device: { readonly name: string; readonly is_gpu: boolean; readonly notes: readonly string[] } | null;
  readonly launch_flags: readonly string[];
  readonly weakening_flags: readonly { readonly flag: string; readonly what: string }[];
  readonly problems: readonly Problem[];
}

const problemOf = (error: unknown): Problem => {
  if (!(error instanceof InputError)) throw error;
  return { problem: `${error.place}: ${error.problem}`, next_step: error.nextStep };
};

const browserSource = (gpus: readonly SystemGpu[]): ListedGpu[] =>
  gpus
    .filter(({ vendorId, device }) => (vendorId !== 0 || device !== "") && !isSoftwareName(device))
    .map(({ vendorId, vendor, device, driver }) => ({
      source: "browser",
      name: device || `${vendor} (vendor 0x${vendorId.toString(16)})`,
      driver,
      memory_bytes: null,
    }));

const unique = <T>(items: readonly T[], key: (item: T) => string): T[] => [...new Map(items.map((item) => [key(item), item])).values()];

/** Looks at everything that bench depends on. Nothing is installed unless `install` says so. */
const examine = async (io: Io, options: DoctorOptions, pageFolder: string, signal: AbortSignal): Promise<Examination> => {
  const native = nativeView(process.platform);
  const nativeGpus = native.gpus.map(({ tool, name, driver, memoryBytes }) => ({ source: tool, name, driver, memory_bytes: memoryBytes }));
  const seen: SeenAdapter[] = [];
  const nothing: Examination = {
    can_bench: false,
    browser: null,
    gpus: nativeGpus,
    other_gpu_processes: native.processes,
    adapters: [],
    device: null,
    launch_flags: [],
    weakening_flags: [],
    problems: [],
  };
  let browser: FoundBrowser | null;
  try {
    browser = options.install
      ? await browserFor(io, options.browser)
      : findBrowserOrNull(await searchPlaces(io.env, options.browser), fileProbe);
  } catch (error) {
    return { ...nothing, problems: [problemOf(error)] };
  }
  if (browser === null) {
    const problem = "browser: found no Chrome, Chromium or Edge on this machine (a snap cannot be used)";
    return { ...nothing, problems: [{ problem, next_step: `Run \`${installPlanHere(io.env).typed}\`, or name one with --browser PATH.` }] };
  }
  const site = await serveSite(pageFolder);
  const tried = new Set<string>();
  const request: DeviceRequest = {
    browser,
    url: site.url,
    host: launchHost(),
    condition: "web",
    gpu: options.gpu ?? null,
    isSoftwareForced: options.software === true,
    natives: native.gpus,
    signal,
    onAttempt: (wish, adapter) => {
      tried.add(wish);
      if (adapter !== null) seen.push(adapter);
    },
  };
  const found = () => ({
    gpus: unique(
      [...nativeGpus, ...seen.flatMap(({ systemGpus }) => browserSource(systemGpus))],
      ({ source, name }) => `${source} ${name}`,
    ),
    adapters: unique(
      seen.map(({ adapter }) => adapter),
      adapterName,
    ),
  });
  try {
    const device = await openDevice(request);
    await device.session.close();
    for (const wish of options.software ? [] : (["integrated", "software"] as const)) {
      if (tried.has(wish)) continue;
      const { session, seen: adapter } = await attempt(wish, request);
      await session.close();
      if (adapter !== null) seen.push(adapter);
    }
    return {
      ...nothing,
      ...found(),
      can_bench: true,
      browser: { ...browser, version: device.session.version },
      device: { name: device.verdict.device, is_gpu: device.verdict.isGpu, notes: device.verdict.notes },
      launch_flags: device.session.flags,
      weakening_flags: device.line.weakening,
    };
  } catch (error) {
    return { ...nothing, ...found(), browser: { ...browser, version: null }, problems: [problemOf(error)] };
  } finally {
    await site.close();
  }
};

/** Limits that decide how large a model's tensors may be, and in how many buffers they go. */
const LIMITS_OF_NOTE = ["maxBufferSize", "maxStorageBufferBindingSize", "maxComputeWorkgroupStorageSize"] as const;
const FEATURES_OF_NOTE = ["timestamp-query", "shader-f16", "subgroups"] as const;

const adapterLines = (adapter: Adapter): string[] => {
  const facts = [isSoftware(adapter) ? "software, not a GPU" : adapter.type, adapter.backend, adapter.driver].filter((fact) => fact !== "");
  const limits = LIMITS_OF_NOTE.flatMap((name) => {
    const value = adapter.limits[name];
    return value === undefined ? [] : [`${name} ${size(value)}`];
  });
  return [
    `  ${adapterName(adapter)} (${facts.join(", ")})`,
    `    features  ${FEATURES_OF_NOTE.map((name) => `${adapter.features.includes(name) ? "" : "no "}${name}`).join(", ")}; ${adapter.features.length} in all`,
    ...(limits.length > 0 ? [`    limits    ${limits.join(", ")}`] : []),
  ];
};

const gpuLine = ({ source, name, driver, memory_bytes }: ListedGpu): string =>
  `  ${[name, ...(memory_bytes === null ? [] : [size(memory_bytes)]), ...(driver === "" ? [] : [`driver ${driver}`])].join(", ")} (${source})`;

/** An examination as a person reads it. */
export const examinationText = ({
  browser,
  gpus,
  adapters,
  device,
  launch_flags,
  weakening_flags,
  other_gpu_processes,
  problems,
}: Examination): string =>
  [
    `Browser: ${browser === null ? "none" : `${browser.version ?? "of unknown version"}, ${browser.path} (${browser.source})`}`,
    ...(gpus.length > 0
      ? ["GPUs that this system and the browser list:", ...gpus.map(gpuLine)]
      : ["GPUs that this system and the browser list: none"]),
    ...(other_gpu_processes.length > 0 ? ["Programs that use a GPU now:", ...other_gpu_processes.map((process) => `  ${process}`)] : []),
    ...(adapters.length > 0
      ? ["Adapters that WebGPU hands out:", ...adapters.flatMap(adapterLines)]
      : ["Adapters that WebGPU hands out: none"]),
    ...(device === null ? [] : [`Bench would measure: ${device.name}${device.is_gpu ? "" : ": not a GPU, a check of the pipeline"}`]),
    ...(device?.notes ?? []).map((note) => `  Note: ${note}`),
    ...(weakening_flags.length > 0
      ? [
          "Flags that weaken the browser while it measures (one page, from this machine, in an empty profile):",
          ...weakening_flags.map(({ flag, what }) => `  ${flag}\n    ${what}`),
        ]
      : []),
    ...(launch_flags.length > 0 ? [`All flags:\n  ${launch_flags.join(" ")}`] : []),
    ...problems.flatMap(({ problem, next_step }) => [`Missing: ${problem}.`, `  ${next_step}`]),
    "",
  ].join("\n");

/** `ballast doctor`: what bench would find here, and what to do about what is missing. Exit code 0 where bench can run. */
export const doctorCommand = (io: Io, pageFolder = siteFolder): Command =>
  new Command("doctor")
    .description(
      "Say what bench would find on this machine: browser, GPUs, adapters, features, flags; and what to do about what is missing.",
    )
    .option("--browser <path>", "the browser to examine (default: the one that bench would use)")
    .option("--gpu <name>", "the GPU that bench would be asked for (default: a discrete one)")
    .option("--software", "examine the software adapter only")
    .option("--install", "install a browser where none is there, as bench would")
    .option("--json", "print everything as JSON")
    .action(async (options: DoctorOptions) => {
      const examination = await interruptible((signal) => examine(io, options, pageFolder, signal));
      io.out(options.json ? `${JSON.stringify(examination, null, 1)}\n` : examinationText(examination));
      if (!examination.can_bench) throw new InputError("doctor", "bench cannot run here", "What is missing is named above.");
    });
