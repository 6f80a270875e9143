import { describe, expect, it } from "vitest";
import { readEngineLog } from "../../src/calibration/engine-log.ts";
import { messageOf } from "../message-of.ts";

const prefix = "(EngineCore_0 pid=79) INFO 06-05 09:08:05 [kv_cache_utils.py:637]";

describe("the log of a starting engine", () => {
  it.each([
    ["INFO executor_base.py:108] # GPU blocks: 35064, # CPU blocks: 2730", 35_064],
    ["INFO [executor_base.py:111] # cuda blocks: 7191, # CPU blocks: 2048", 7191],
    ["INFO [loggers.py:134] vllm cache_config_info with initialization after num_gpu_blocks is: 70688", 70_688],
    ["cache_config: num_gpu_blocks=1,234, block_size=32", 1234],
    [`${prefix} GPU KV cache size: 1,131,008 tokens`, 70_688],
  ])("%s: %i blocks", (line, blocks) => {
    expect(readEngineLog(`first\n${line}\nlast`, "vllm.log").blocks).toBe(blocks);
  });

  it("counts blocks of the size that it states, and its last start", () => {
    const text = `block_size=32\n${prefix} GPU KV cache size: 3,200 tokens\n${prefix} GPU KV cache size: 6,400 tokens`;
    expect(readEngineLog(text, "vllm.log")).toEqual({ blocks: 200, block_size: 32, source: "vllm.log" });
  });

  it("is refused where no line says", () => {
    expect(messageOf(() => readEngineLog("INFO started\nnum_gpu_blocks: None", "vllm.log"))).toMatchInlineSnapshot(
      `"InputError: vllm.log: expected a line "# GPU blocks: N", "num_gpu_blocks=N" or "GPU KV cache size: N tokens", found none. Give the log of the engine's start, at its usual level."`,
    );
  });
});
