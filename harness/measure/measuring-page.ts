import { decoderLayer, variantById } from "../../kernels/index.ts";
import type { KernelVariant } from "../../kernels/kernel.ts";
import type { Job, JobResult, LayerJob, MeasuringPage } from "../../src/profile/jobs.ts";
import type { Measurement, Verification } from "../../src/profile/schema.ts";
import type { Seconds } from "../../src/units.ts";
import { measureClock, timestampTickOrNull } from "./clock.ts";
import { LimitExceeded, OutOfMemory, ValidationFailed } from "./gpu-errors.ts";
import { describeAdapter, openGpuOrNull, type OpenGpu } from "./gpu.ts";
import { LeftOut } from "./left-out.ts";
import { measureOverhead } from "./overhead.ts";
import type { StoppingRule } from "./sampler.ts";
import { measureKernel } from "./throughput.ts";
import { timerFor, type Timer } from "./timer.ts";
import { measureUpload } from "./upload.ts";
import { verifyVariant } from "./verify.ts";
import { measureWarmUp } from "./warm-up.ts";

/** Samples until the median is known to a few percent on a software adapter, whose cores are shared, and to half a percent on a GPU. */
const RULES = {
  software: {
    kernel: { fewest: 10, most: 200, noise: 0.02, shortest: 0.3, timeLimit: 0.6 },
    upload: { fewest: 3, most: 20, noise: 0.05, shortest: 0.1, timeLimit: 0.3 },
  },
  gpu: {
    kernel: { fewest: 20, most: 500, noise: 0.005, shortest: 0.1, timeLimit: 0.5 },
    upload: { fewest: 5, most: 30, noise: 0.02, shortest: 0.5, timeLimit: 2 },
  },
} as const satisfies Record<string, Record<string, StoppingRule>>;

/** How long the news that the device is lost may come after the failures it causes. */
const NEWS_DELAY: Seconds = 0.2;

const sleep = (time: Seconds) => new Promise<void>((resolve) => setTimeout(resolve, time * 1000));

const variantOfLayer = ({ choices }: LayerJob): KernelVariant => decoderLayer(variantById(choices.matmul_few).dtype, choices);

/** One device and what is known of it: which variants passed here, how fine its timestamps are. */
class MeasuredDevice {
  readonly #gpu: OpenGpu;
  readonly #verifications = new Map<string, Promise<Verification>>();
  /** Errors that no scope caught, since the job under way began. */
  readonly #errors: GPUError[] = [];
  readonly #rules: (typeof RULES)[keyof typeof RULES];
  #lost: string | null = null;
  readonly #loss: Promise<void>;
  #tick: Promise<Seconds | null> | undefined;

  constructor(gpu: OpenGpu) {
    this.#gpu = gpu;
    this.#rules = gpu.adapter.info.isFallbackAdapter ? RULES.software : RULES.gpu;
    this.#loss = gpu.device.lost.then(({ message, reason }) => {
      this.#lost = message === "" ? reason : message;
    });
    gpu.device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.#errors.push(event.error);
    });
  }

  /** Does one job. Anything the device refuses is in the result; a fault of the harness is thrown. */
  async run(job: Job): Promise<JobResult> {
    this.#errors.length = 0;
    const outcome = await Promise.race([
      this.#do(job).then(
        (result) => ({ result }),
        (error: unknown) => ({ error }),
      ),
      this.#loss.then(() => null),
    ]);
    if (outcome !== null && "error" in outcome) await Promise.race([this.#loss, sleep(NEWS_DELAY)]);
    if (this.#lost !== null) return { kind: "device-lost", because: `the GPU device was lost: ${this.#lost}` };
    const refusal = this.#refusalOrNull(outcome !== null && "error" in outcome ? outcome.error : undefined);
    if (refusal !== null) return { kind: "left-out", because: refusal };
    if (outcome === null) throw new Error("the race ended without an outcome");
    if ("error" in outcome) throw outcome.error;
    return outcome.result;
  }

  /** Why the device refused, where it did. Memory first: a buffer that found none makes every later use of it an error. */
  #refusalOrNull(error: unknown): string | null {
    const memory = error instanceof OutOfMemory ? error : this.#errors.find((caught) => caught instanceof GPUOutOfMemoryError);
    if (memory !== undefined) return `out of GPU memory: ${memory.message}`;
    if (error instanceof ValidationFailed) return `the browser refused it: ${error.message}`;
    if (error instanceof LimitExceeded || error instanceof LeftOut) return error.message;
    const [uncaught] = this.#errors;
    return uncaught === undefined ? null : `the browser refused it: ${uncaught.message}`;
  }

  async #do(job: Job): Promise<JobResult> {
    if (job.kind === "verify") {
      const variant = variantById(job.variant);
      const verification = await (job.choices === undefined
        ? this.#verification(variant, variant.id)
        : this.#verification(decoderLayer(variant.dtype, job.choices), JSON.stringify(job.choices)));
      return { kind: "verified", verification };
    }
    return { kind: "measured", measurement: await this.#measure(job) };
  }

  async #measure(job: Exclude<Job, { kind: "verify" }>): Promise<Measurement> {
    const { device } = this.#gpu;
    const { id } = job;
    switch (job.kind) {
      case "clock":
        return { id, ...(await measureClock(device, await this.#timestampTick())) };
      case "overhead":
        return { id, ...(await measureOverhead(device)) };
      case "upload":
        return measureUpload(device, job, this.#rules.upload);
      case "warm-up": {
        const variant = variantOfLayer(job.layer);
        const measured = await measureWarmUp(this.#gpu, variant.run(job.layer.shape), job.browser_start_s);
        // Verification compiles and runs the same kernels: before, it would have warmed what is measured cold.
        await this.#mustPass(variant, JSON.stringify(job.layer.choices));
        return { id, ...measured };
      }
      case "kernel": {
        const variant = variantById(job.variant);
        await this.#mustPass(variant, variant.id);
        return measureKernel(device, await this.#timer(), { id, variant, shape: job.shape }, this.#rules.kernel);
      }
      case "layer": {
        const variant = variantOfLayer(job.layer);
        await this.#mustPass(variant, JSON.stringify(job.layer.choices));
        return measureKernel(device, await this.#timer(), { id, variant, shape: job.layer.shape }, this.#rules.kernel);
      }
      default:
        return job satisfies never;
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
    const known = this.#verifications.get(key) ?? verifyVariant(this.#gpu.device, variant);
    this.#verifications.set(key, known);
    return known;
  }

  /** @throws LeftOut unless the variant is right on this device */
  async #mustPass(variant: KernelVariant, key: string): Promise<void> {
    const verification = await this.#verification(variant, key);
    if (verification.kind !== "passed") throw new LeftOut(`${variant.id} is not to be timed: ${verification.because}`);
  }
}

/**
 * What a browser's GPU can do for the driver, one job at a time. Adapter and device are asked for once, at the first call; a
 * lost device stays lost, and every later job says so until the page is opened anew.
 *
 * @param gpu `navigator.gpu`
 * @param onJob told of each job as it begins and ends
 */
export const measuringPage = (gpu: GPU | undefined, onJob: (job: Job, result: JobResult | null) => void = () => {}): MeasuringPage => {
  let opened: Promise<{ readonly gpu: OpenGpu; readonly measured: MeasuredDevice } | null> | undefined;
  const open = (from: GPU) =>
    (opened ??= openGpuOrNull(from).then((found) => (found === null ? null : { gpu: found, measured: new MeasuredDevice(found) })));
  const page: MeasuringPage = {
    describe: async () => {
      if (gpu === undefined) return { kind: "no-webgpu" };
      const found = await open(gpu);
      return found === null ? { kind: "no-adapter" } : { kind: "adapter", adapter: describeAdapter(found.gpu.adapter) };
    },
    run: async (job) => {
      const found = gpu === undefined ? null : await open(gpu);
      if (found === null) return { kind: "left-out", because: "the browser gave no WebGPU adapter" };
      onJob(job, null);
      const result = await found.measured.run(job);
      onJob(job, result);
      return result;
    },
    runTogether: async (jobs) => {
      const results: JobResult[] = [];
      for (const job of jobs) results.push(await page.run(job));
      return results;
    },
  };
  return page;
};
