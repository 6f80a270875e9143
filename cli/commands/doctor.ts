import { Command, Option } from "commander";
import { fileProbe } from "../../harness/driver/browser/file-probe.ts";
import { findBrowserOrNull, type FoundBrowser } from "../../harness/driver/browser/find-browser.ts";
import { graphicsLog } from "../../harness/driver/browser/graphics-log.ts";
import { adapterName, type SeenAdapter } from "../../harness/driver/guard.ts";
import { isSoftware, softwareNameOrNull } from "../../src/profile/software-adapter.ts";
import { findDawnOrNull } from "../../harness/dawn/dawn-package.ts";
import { dawnRuntime } from "../../harness/dawn/runtime.ts";
import { browserRuntime } from "../../harness/driver/browser/browser-runtime.ts";
import { installPlanHere, launchHost, searchPlaces, vulkanFiles } from "../../harness/driver/host.ts";
import { attempt, openDevice, type DeviceRequest } from "../../harness/driver/open-device.ts";
import type { Runtime } from "../../harness/driver/runtime.ts";
import { machineNow, type MachineNow } from "../../harness/driver/machine/machine-now.ts";
import { serveSite } from "../../harness/driver/site/serve.ts";
import type { Outcome, SystemGpu } from "../../harness/driver/session.ts";
import { nativeView } from "../../harness/driver/machine/system-gpu.ts";
import { vulkanDrivers, type VulkanDriver } from "../../harness/driver/browser/vulkan-drivers.ts";
import { InputError } from "../../src/errors.ts";
import type { Adapter, Profile } from "../../src/profile/schema.ts";
import { duration, size } from "../../src/format.ts";
import { wrap } from "../../src/report/layout.ts";
import { machineNowLines } from "../../src/report/machine-text.ts";
import { browserFor } from "../browser.ts";
import { interruptible } from "../interrupt.ts";
import type { Io } from "../io.ts";
import { dawnProgram, siteFolder } from "../project.ts";

interface DoctorOptions {
  readonly runtime: Profile["runtime"];
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
  readonly runtime: Profile["runtime"];
  /** Dawn in Node, which measures where no browser can run. */
  readonly dawn: { readonly is_installed: boolean; readonly version: string | null };
  readonly browser: { readonly path: string; readonly source: string; readonly version: string | null } | null;
  readonly gpus: readonly ListedGpu[];
  readonly other_gpu_processes: readonly string[];
  readonly machine: MachineNow;
  /** Every adapter the browser handed out, by any of the launch lines tried. */
  readonly adapters: readonly Adapter[];
  /** What bench would measure. */
  readonly device: { readonly name: string; readonly is_gpu: boolean; readonly notes: readonly string[] } | null;
  /** What its clocks can see; null where nothing could be opened. `timestamp_tick_s` is null without GPU timestamps. */
  readonly clocks: { readonly timestamp_tick_s: number | null; readonly performance_now_step_s: number } | null;
  /** Drivers that Vulkan's loader would find; null where it is not Linux. */
  readonly vulkan_drivers: readonly VulkanDriver[] | null;
  /** What the browser says of graphics, where a GPU is expected and it gave none. */
  readonly graphics_log: readonly string[];
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
    .filter(({ vendorId, device }) => (vendorId !== 0 || device !== "") && softwareNameOrNull(device) === null)
    .map(({ vendorId, vendor, device, driver }) => ({
      source: "browser",
      name: device || `${vendor} (vendor 0x${vendorId.toString(16)})`,
      driver,
      memory_bytes: null,
    }));

const unique = <T>(items: readonly T[], key: (item: T) => string): T[] => [...new Map(items.map((item) => [key(item), item])).values()];

/** A browser to examine, if it is there, with the runtime that starts it. */
interface Examined {
  readonly runtime: Runtime;
  readonly browser: FoundBrowser | null;
  close(): Promise<void>;
}

/** @throws InputError where what the runtime needs is not there; only a browser is installed, and only where `--install` says so */
const runtimeToExamine = async (io: Io, { runtime, browser, install }: DoctorOptions, pageFolder: string): Promise<Examined> => {
  const condition = "web";
  if (runtime === "dawn") {
    const dawn = dawnRuntime({ program: dawnProgram, condition, platform: process.platform, env: io.env });
    return { runtime: dawn, browser: null, close: async () => {} };
  }
  const found = install ? await browserFor(io, browser) : findBrowserOrNull(await searchPlaces(io.env, browser), fileProbe);
  if (found === null) {
    throw new InputError(
      "browser",
      "found no Chrome, Chromium or Edge on this machine (a snap cannot be used)",
      `Run \`${installPlanHere(io.env).typed}\`, or name one with --browser PATH.`,
    );
  }
  const { url, close } = await serveSite(pageFolder);
  return { runtime: browserRuntime({ browser: found, url, host: launchHost(found.path), condition }), browser: found, close };
};

/** Longest time for the look at the clocks. */
const CLOCK_LIMIT = 60;

const clocksOf = (outcome: Outcome): Examination["clocks"] => {
  if (outcome.kind !== "measured" || outcome.measurement.kind !== "clock") return null;
  const { timestamp_tick_s, performance_now_step_s } = outcome.measurement;
  return { timestamp_tick_s, performance_now_step_s };
};

/** Looks at everything that bench depends on. Nothing is installed unless `install` says so. */
const examine = async (io: Io, options: DoctorOptions, pageFolder: string, signal: AbortSignal): Promise<Examination> => {
  const native = nativeView(process.platform);
  const nativeGpus = native.gpus.map(({ tool, name, driver, memoryBytes }) => ({ source: tool, name, driver, memory_bytes: memoryBytes }));
  const seen: SeenAdapter[] = [];
  const dawn = findDawnOrNull();
  const nothing: Examination = {
    can_bench: false,
    runtime: options.runtime,
    dawn: { is_installed: dawn !== null, version: dawn?.version ?? null },
    browser: null,
    gpus: nativeGpus,
    other_gpu_processes: native.processes,
    machine: machineNow(process.platform, native.gpus),
    adapters: [],
    device: null,
    clocks: null,
    vulkan_drivers: process.platform === "linux" ? vulkanDrivers(io.env, vulkanFiles) : null,
    graphics_log: [],
    launch_flags: [],
    weakening_flags: [],
    problems: [],
  };
  let examined: Examined;
  try {
    examined = await runtimeToExamine(io, options, pageFolder);
  } catch (error) {
    return { ...nothing, problems: [problemOf(error)] };
  }
  const { runtime, browser, close } = examined;
  const tried = new Set<string>();
  const request: DeviceRequest = {
    runtime,
    platform: process.platform,
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
  const log = async () => (browser === null || options.software ? [] : graphicsLog(browser.path, await runtime.line("any", null)));
  const isGpuExpected = nativeGpus.length > 0 || (nothing.vulkan_drivers ?? []).length > 0;
  try {
    const device = await openDevice(request);
    const clock = await device.session.run({ kind: "clock", id: "clock" }, CLOCK_LIMIT).finally(() => device.session.close());
    const others = runtime.kind === "dawn" || options.software ? [] : (["integrated", "software"] as const);
    for (const wish of others) {
      if (tried.has(wish)) continue;
      const { session, seen: adapter } = await attempt(wish, request);
      await session.close();
      if (adapter !== null) seen.push(adapter);
    }
    return {
      ...nothing,
      ...found(),
      can_bench: true,
      browser: browser === null ? null : { ...browser, version: device.session.version },
      device: { name: device.verdict.device, is_gpu: device.verdict.isGpu, notes: device.verdict.notes },
      clocks: clocksOf(clock),
      graphics_log: isGpuExpected && !device.verdict.isGpu ? await log() : [],
      launch_flags: device.session.flags,
      weakening_flags: device.line.weakening,
    };
  } catch (error) {
    return {
      ...nothing,
      ...found(),
      browser: browser === null ? null : { ...browser, version: null },
      graphics_log: await log(),
      problems: [problemOf(error)],
    };
  } finally {
    await close();
  }
};

/** Limits that decide how large a model's tensors may be, and in how many buffers they go. */
const LIMITS_OF_NOTE = ["maxBufferSize", "maxStorageBufferBindingSize", "maxComputeWorkgroupStorageSize"] as const;
const FEATURES_OF_NOTE = ["timestamp-query", "shader-f16", "subgroups"] as const;

/** Subgroups and what they multiply as a whole, as far as the browser tells. */
const subgroupLines = ({ matrix_units: units, subgroup_sizes: sizes }: Adapter): string[] => [
  ...(sizes === null ? [] : [`    subgroups of ${sizes.min === sizes.max ? sizes.min : `${sizes.min} to ${sizes.max}`}`]),
  ...(units === null || units.length === 0
    ? []
    : wrap(
        units.map(({ m, n, k, component, result }) => `${m}×${n}×${k} ${component} with ${result} sums`).join(", "),
        " ".repeat(14),
        undefined,
        "    matrices  ",
      )),
];

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
    ...subgroupLines(adapter),
  ];
};

const gpuLine = ({ source, name, driver, memory_bytes }: ListedGpu): string =>
  `  ${[name, ...(memory_bytes === null ? [] : [size(memory_bytes)]), ...(driver === "" ? [] : [`driver ${driver}`])].join(", ")} (${source})`;

const dawnLine = ({ is_installed, version }: Examination["dawn"]): string =>
  is_installed
    ? `Dawn in Node: npm webgpu ${version}; bench --runtime dawn measures with it where no browser can run`
    : "Dawn in Node: not installed (npm install --no-save webgpu); it measures where no browser can run";

const driverLine = ({ manifest, library, isFound }: VulkanDriver): string =>
  `  ${manifest}: ${library === null ? "cannot be read as a driver's manifest" : isFound ? library : `${library}, which is NOT found`}`;

const clockLine = ({ timestamp_tick_s, performance_now_step_s }: NonNullable<Examination["clocks"]>): string =>
  `  clocks: ${timestamp_tick_s === null ? "no GPU timestamps" : `GPU timestamps in steps of ${duration(timestamp_tick_s)}`}, the page's in steps of ${duration(performance_now_step_s)}`;

/** An examination as a person reads it. */
export const examinationText = ({
  runtime,
  dawn,
  browser,
  gpus,
  adapters,
  device,
  clocks,
  vulkan_drivers,
  graphics_log,
  launch_flags,
  weakening_flags,
  other_gpu_processes,
  machine,
  problems,
}: Examination): string =>
  [
    ...(runtime === "dawn"
      ? []
      : [`Browser: ${browser === null ? "none" : `${browser.version ?? "of unknown version"}, ${browser.path} (${browser.source})`}`]),
    dawnLine(dawn),
    ...(gpus.length > 0
      ? ["GPUs that this system and the browser list:", ...gpus.map(gpuLine)]
      : ["GPUs that this system and the browser list: none"]),
    ...(other_gpu_processes.length > 0 ? ["Programs that use a GPU now:", ...other_gpu_processes.map((process) => `  ${process}`)] : []),
    ...machineNowLines(machine),
    ...(adapters.length > 0
      ? ["Adapters that WebGPU hands out:", ...adapters.flatMap(adapterLines)]
      : ["Adapters that WebGPU hands out: none"]),
    ...(device === null ? [] : [`Bench would measure: ${device.name}${device.is_gpu ? "" : ": not a GPU, a check of the pipeline"}`]),
    ...(clocks === null ? [] : [clockLine(clocks)]),
    ...(device?.notes ?? []).map((note) => `  Note: ${note}`),
    ...(vulkan_drivers === null
      ? []
      : vulkan_drivers.length > 0
        ? ["Vulkan drivers:", ...vulkan_drivers.map(driverLine)]
        : ["Vulkan drivers: none"]),
    ...(graphics_log.length > 0 ? ["What the browser says of graphics:", ...graphics_log.map((line) => `  ${line}`)] : []),
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
    .addOption(new Option("--runtime <runtime>", "what to examine, as bench takes it").choices(["chrome", "dawn"]).default("chrome"))
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
