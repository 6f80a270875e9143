import { decoderLayer, dtypeOf, engineStep, variantById } from "../../kernels/index.ts";
import type { KernelVariant } from "../../kernels/kernel.ts";
import { STEP_FAMILY } from "../../kernels/layer/engine-step.ts";
import type { CompileStateJob, JobResult, LayerJob, MeasuringPage, PageJob, StartJob, TimedJob } from "../../src/profile/jobs.ts";
import type { Start } from "../../src/profile/measurements/warm-up.ts";
import type { Measurement, MeasurementOf, Verification } from "../../src/profile/schema.ts";
import { isSoftware } from "../../src/profile/software-adapter.ts";
import type { Bytes, Seconds } from "../../src/units.ts";
import { measureClock, timestampTickOrNull } from "./sampling/clock.ts";
import { measureCompile } from "./warm-up/compile.ts";
import { measureDeviceMemory } from "./upload/device-memory.ts";
import { DeviceWatch } from "./device-watch.ts";
import { cacheFlush, type CacheFlush } from "./sampling/flush.ts";
import { describeAdapter, openGpuOrNull, type OpenGpu } from "./gpu.ts";
import { withNonce } from "./warm-up/layer-texts.ts";
import { LeftOut } from "./left-out.ts";
import { measureLoadPipeline, PIPELINE_RULES, type PipelineRule } from "./upload/load-pipeline.ts";
import { measureOverhead } from "./overhead.ts";
import type { StoppingRule } from "./sampling/stopping-rule.ts";
import { type CaseRequest, type MeasuredCase, prepareCase } from "./throughput.ts";
import { timerFor, type Timer } from "./sampling/timer.ts";
import { measureTogether } from "./sampling/together.ts";
import { measureUpload, UPLOAD_RULES, type UploadRule } from "./upload/upload.ts";
import { now } from "./sampling/wall-clock.ts";
import { measureTuning } from "./tuning.ts";
import { verifyVariant } from "./verify.ts";
import { measureSettling } from "./warm-up/warm-up.ts";

const MIB = 2 ** 20;

/** How a kind of adapter is measured. */
interface Rules {
  readonly kernel: StoppingRule;
  readonly upload: UploadRule;
  readonly pipeline: PipelineRule;
  /** More than any last-level cache of the kind holds. */
  readonly beyondCache: Bytes;
  /** Of a heat of variants that race each other. */
  readonly heatLimit: Seconds;
}

/**
 * Samples until the median is known to 3 percent on a software adapter, whose cores are often shared, and to 0.7 percent on a GPU: in one of
 * several processes. What processes differ by is more than that, so the time goes into more of them.
 */
const RULES = {
  software: {
    kernel: { fewest: 6, most: 100, noise: 0.03, shortest: 0.05, timeLimit: 0.2 },
    upload: UPLOAD_RULES.software,
    pipeline: PIPELINE_RULES.software,
    beyondCache: 64 * MIB,
    heatLimit: 2,
  },
  gpu: {
    kernel: { fewest: 12, most: 200, noise: 0.007, shortest: 0.03, timeLimit: 0.15 },
    upload: UPLOAD_RULES.gpu,
    pipeline: PIPELINE_RULES.gpu,
    beyondCache: 256 * MIB,
    heatLimit: 0.5,
  },
} as const satisfies Record<string, Rules>;

/** A layer or a step as its family says, made of other parts than its default ones. */
const composedAs = ({ family, dtype }: KernelVariant, choices: LayerJob["choices"]): KernelVariant =>
  (family === STEP_FAMILY ? engineStep : decoderLayer)(dtype, choices);

/** One layer, or a whole step where the shape says of how many. */
const variantOfLayer = ({ choices, shape }: LayerJob): KernelVariant =>
  ("layers" in shape ? engineStep : decoderLayer)(dtypeOf(choices), choices);

/** One device and what is known of it: which variants passed here, how fine its timestamps are. */
class MeasuredDevice {
  readonly #gpu: OpenGpu;
  readonly #openAnother: () => Promise<OpenGpu | null>;
  readonly #verifications = new Map<string, Promise<Verification>>();
  readonly #rules: Rules;
  readonly #watch: DeviceWatch;
  #tick: Promise<Seconds | null> | undefined;
  #flush: CacheFlush | undefined;

  constructor(gpu: OpenGpu, openAnother: () => Promise<OpenGpu | null>) {
    this.#gpu = gpu;
    this.#openAnother = openAnother;
    this.#rules = isSoftware(describeAdapter(gpu.adapter)) ? RULES.software : RULES.gpu;
    this.#watch = new DeviceWatch(gpu.device);
  }

  /** Does one job. Anything the device refuses is in the result; a fault of the harness is thrown. */
  async run(job: Exclude<PageJob, TimedJob>): Promise<JobResult> {
    const settled = await this.#watch.settle(() => this.#do(job));
    return settled.kind === "done" ? settled.value : settled.result;
  }

  runTogether(...together: Parameters<MeasuringPage["runTogether"]>): ReturnType<MeasuringPage["runTogether"]> {
    return measureTogether(this.#watch, (job) => this.#prepare(job), ...together);
  }

  async #prepare(job: TimedJob): Promise<MeasuredCase> {
    const { id, cache } = job;
    const [variant, shape, key] =
      job.kind === "kernel"
        ? [variantById(job.variant), job.shape, job.variant]
        : [variantOfLayer(job.layer), job.layer.shape, JSON.stringify(job.layer.choices)];
    await this.#mustPass(variant, key);
    const request: CaseRequest = { id, variant, shape, cache, ...(job.kind === "layer" ? { follows: "itself" } : {}) };
    const { kernel: rule, beyondCache } = this.#rules;
    const flush = async () => (this.#flush ??= await cacheFlush(this.#gpu.device, beyondCache));
    return prepareCase(this.#gpu.device, request, { timer: await this.#timer(), flush, beyondCache, rule });
  }

  async #do(job: Exclude<PageJob, TimedJob>): Promise<JobResult> {
    if (job.kind === "verify") {
      const variant = variantById(job.variant);
      const verification = await (job.choices === undefined
        ? this.#verification(variant, variant.id)
        : this.#verification(composedAs(variant, job.choices), JSON.stringify(job.choices)));
      return { kind: "verified", verification };
    }
    return { kind: "measured", measurement: await this.#measure(job) };
  }

  async #measure(job: Exclude<PageJob, TimedJob | { kind: "verify" }>): Promise<Measurement> {
    const { device } = this.#gpu;
    const { id } = job;
    switch (job.kind) {
      case "clock":
        return { id, ...(await measureClock(device, await this.#timestampTick())) };
      case "overhead":
        return { id, ...(await measureOverhead(device)) };
      case "upload":
        return measureUpload(device, job, this.#rules.upload);
      case "load-pipeline":
        return measureLoadPipeline(device, job, this.#rules.pipeline);
      case "tune":
        return measureTuning(job, {
          now,
          random: Math.random,
          heatLimit: this.#rules.heatLimit,
          prepare: async (variant) => ({
            version: variantById(variant).version,
            runner: await this.#prepare({ kind: "kernel", id: job.id, variant, shape: job.shape, cache: job.cache }),
          }),
        });
      case "device-memory":
        return { id, ...(await measureDeviceMemory(device, describeAdapter(this.#gpu.adapter))) };
      case "start":
        return { id, kind: "warm-up", starts: [await this.#start(job)], missing: null };
      case "compile-state":
        return { id, kind: "compile", ...(await this.#compileState(job)), missing: null };
      default:
        return job satisfies never;
    }
  }

  /** Unverified: to verify compiles and runs the kernels, and would warm what is measured cold. */
  async #start({ start, layer, nonce }: StartJob): Promise<Start> {
    const run = withNonce(variantOfLayer(layer).run(layer.shape), nonce);
    const { device, adapterTime, deviceTime } = this.#gpu;
    switch (start.fresh) {
      case "process":
        return { ...start, adapter_s: adapterTime, device_s: deviceTime, ...(await measureSettling(device, run, false)) };
      case "device":
        return this.#onAnother(async (another) => ({
          fresh: "device",
          pipelines: "process-warm",
          adapter_s: another.adapterTime,
          device_s: another.deviceTime,
          ...(await measureSettling(another.device, run, false)),
        }));
      case "pipelines":
        return { fresh: "pipelines", pipelines: "cold", ...(await measureSettling(device, run, false)) };
      case "nothing":
        return { fresh: "nothing", pipelines: "hot", ...(await measureSettling(device, run, true)) };
      default:
        return start satisfies never;
    }
  }

  async #compileState({ layer, state, ...texts }: CompileStateJob): Promise<Pick<MeasurementOf<"compile">, "kernels" | "runs">> {
    const run = variantOfLayer(layer).run(layer.shape);
    const on = ({ device }: OpenGpu) => measureCompile(device, run, { ...texts, isHot: state === "hot" });
    const { kernels, runs } = await (state === "process-warm" ? this.#onAnother(on) : on(this.#gpu));
    return { kernels, runs: runs.map((run) => ({ pipelines: state, ...run })) };
  }

  /** Does some work on a second device of this process, which is gone after it. */
  async #onAnother<T>(work: (another: OpenGpu) => Promise<T>): Promise<T> {
    const another = await this.#openAnother();
    if (another === null) throw new LeftOut("WebGPU gave no second adapter");
    try {
      return await work(another);
    } finally {
      another.device.destroy();
    }
  }

  #timestampTick(): Promise<Seconds | null> {
    return (this.#tick ??= timestampTickOrNull(this.#gpu.device));
  }

  async #timer(): Promise<Timer> {
    return timerFor(this.#gpu.device, await this.#timestampTick());
  }

  /** Once a device for each variant; a page that was opened again has to see for itself. */
  #verification(variant: KernelVariant, key: string): Promise<Verification> {
    const name = `${variant.id} ${key}`; // a layer and a step may have the same choices
    const { device, adapter } = this.#gpu;
    const known = this.#verifications.get(name) ?? verifyVariant(device, variant, adapter.info);
    this.#verifications.set(name, known);
    return known;
  }

  /** @throws LeftOut unless the variant is right on this device */
  async #mustPass(variant: KernelVariant, key: string): Promise<void> {
    const verification = await this.#verification(variant, key);
    if (verification.kind !== "passed") throw new LeftOut(`${variant.id} is not to be timed: ${verification.because}`);
  }
}

const NO_ADAPTER = { kind: "left-out", because: "there is no WebGPU adapter" } as const satisfies JobResult;

/**
 * What a browser's GPU can do for the driver, one job or one group of jobs at a time. Adapter and device are asked for once, at the first call; a
 * lost device stays lost, and every later job says so until the page is opened anew.
 *
 * @param gpu `navigator.gpu`
 * @param onJob told of each job as it begins, now and then while it is under way in a group, and as it ends
 */
export const measuringPage = (gpu: GPU | undefined, onJob: (job: PageJob, result: JobResult | null) => void = () => {}): MeasuringPage => {
  let opened: Promise<{ readonly gpu: OpenGpu; readonly measured: MeasuredDevice } | null> | undefined;
  const open = (from: GPU) =>
    (opened ??= openGpuOrNull(from).then((found) =>
      found === null ? null : { gpu: found, measured: new MeasuredDevice(found, () => openGpuOrNull(from)) },
    ));
  const page: MeasuringPage = {
    describe: async () => {
      if (gpu === undefined) return { kind: "no-webgpu" };
      const found = await open(gpu);
      return found === null ? { kind: "no-adapter" } : { kind: "adapter", adapter: describeAdapter(found.gpu.adapter) };
    },
    run: async (job) => {
      if (job.kind === "kernel" || job.kind === "layer") {
        const [result = null] = await page.runTogether([job], Infinity);
        return result ?? { kind: "left-out", because: "its time was over" };
      }
      const found = gpu === undefined ? null : await open(gpu);
      if (found === null) return NO_ADAPTER;
      onJob(job, null);
      const result = await found.measured.run(job);
      onJob(job, result);
      return result;
    },
    runTogether: async (jobs, within, tell) => {
      const found = gpu === undefined ? null : await open(gpu);
      if (found === null) return jobs.map(() => NO_ADAPTER);
      return found.measured.runTogether(jobs, within, (index, result) => {
        onJob(jobs[index]!, result);
        tell?.(index, result);
      });
    },
  };
  return page;
};
