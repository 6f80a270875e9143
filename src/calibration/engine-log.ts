import { InputError } from "../errors.ts";

/** A KV cache as its engine states it. */
export interface KvCacheSize {
  /** All of them, the null block included. */
  readonly blocks: number;
  readonly block_size: number;
  readonly source: string;
}

/** vLLM's default. */
const BLOCK_SIZE = 16;

const BLOCKS = [/# GPU blocks:\s*([\d,]+)/u, /# cuda blocks:\s*([\d,]+)/iu, /num_gpu_blocks(?: is)?["']?\s*[:=]\s*([\d,]+)/u];
const TOKENS = /GPU KV cache size:\s*([\d,]+)\s*tokens/u;
const BLOCK_SIZES = /\bblock_size["']?\s*[:=]\s*(\d+)/u;

/**
 * The KV cache's blocks from the log of a starting engine: `# GPU blocks: N`, `num_gpu_blocks=N`, or, where none is there,
 * `GPU KV cache size: N tokens`. The last line of each kind counts, since a log may hold several starts.
 *
 * @param place the file's name, for messages
 * @throws InputError where no line says
 */
export const readEngineLog = (text: string, place: string): KvCacheSize => {
  const lines = text.split(/\r?\n/u);
  const blockSize = lastOf(lines, BLOCK_SIZES) ?? BLOCK_SIZE;
  const tokens = lastOf(lines, TOKENS);
  const blocks = BLOCKS.map((pattern) => lastOf(lines, pattern)).find((found) => found !== null && found >= 2);
  if (blocks !== undefined && blocks !== null) return { blocks, block_size: blockSize, source: place };
  if (tokens !== null && tokens >= 2 * blockSize) return { blocks: Math.floor(tokens / blockSize), block_size: blockSize, source: place };
  throw new InputError(
    place,
    'expected a line "# GPU blocks: N", "num_gpu_blocks=N" or "GPU KV cache size: N tokens", found none',
    "Give the log of the engine's start, at its usual level.",
  );
};

const lastOf = (lines: readonly string[], pattern: RegExp): number | null => {
  const line = lines.findLast((candidate) => pattern.test(candidate));
  const digits = line === undefined ? undefined : pattern.exec(line)?.[1];
  return digits === undefined ? null : Number(digits.replaceAll(",", ""));
};
