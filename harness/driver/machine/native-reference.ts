import { execFile } from "node:child_process";
import { nativeReferenceSchema, type NativeReference } from "../../../src/profile/native-reference.ts";
import type { Seconds } from "../../../src/units.ts";

export interface NativeReferenceRequest {
  /** The script that measures: harness/native/cuda_reference.py. */
  readonly script: string;
  /** The one GPU it may see, by nvidia-smi's id. */
  readonly uuid: string;
  readonly limit: Seconds;
  readonly signal?: AbortSignal | undefined;
  /** Default: `python3`. */
  readonly python?: string;
  readonly args?: readonly string[];
}

/** The reference, or why there is none. */
export type NativeOutcome = { readonly reference: NativeReference } | { readonly because: string };

/** Room for every sample of every shape, many times over. */
const MOST_OUTPUT_BYTES = 2 ** 24;

const lastLine = (text: string): string | undefined =>
  text
    .split("\n")
    .map((line) => line.trim())
    .findLast((line) => line !== "");

/** What the script printed, checked. */
const referenceOf = (text: string): NativeOutcome => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { because: "the script's output is no JSON" };
  }
  const parsed = nativeReferenceSchema.safeParse(value);
  if (parsed.success) return { reference: parsed.data };
  const [issue] = parsed.error.issues;
  return { because: `the script's output is no reference: ${issue?.path.join(".")}: ${issue?.message}` };
};

/**
 * Measures what the GPU does without a browser: pinned copies and the vendor library's matmuls. To be called while nothing else uses
 * the GPU, the measuring browser included.
 *
 * @throws the signal's reason where it is aborted; every other failure is an outcome
 */
export const nativeReference = ({ script, uuid, limit, signal, python = "python3", args = [] }: NativeReferenceRequest) =>
  new Promise<NativeOutcome>((resolve, reject) => {
    const milliseconds = Math.max(1, Math.round(limit * 1000)); // Node takes whole ones only
    const options = {
      env: { ...process.env, CUDA_VISIBLE_DEVICES: uuid },
      encoding: "utf8" as const,
      timeout: milliseconds,
      killSignal: "SIGKILL" as const,
      maxBuffer: MOST_OUTPUT_BYTES,
      windowsHide: true,
      ...(signal === undefined ? {} : { signal }),
    };
    execFile(python, [script, ...args], options, (error, output, words) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
      } else if (error === null) {
        resolve(referenceOf(output));
      } else if (error.code === "ENOENT") {
        resolve({ because: `there is no ${python}` });
      } else if (error.killed) {
        resolve({ because: `it took longer than ${milliseconds / 1000} s` });
      } else {
        resolve({ because: lastLine(words) ?? `${python} ended with ${error.signal ?? `code ${error.code}`}` });
      }
    });
  });
