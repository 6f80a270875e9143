import { describe, expect, it } from "vitest";
import { shellCommands } from "../../src/manifests/shell-words.ts";
import { readVllmArguments } from "../../src/manifests/vllm-arguments.ts";

const readWords = (words: readonly string[], environment: Readonly<Record<string, string>> = {}): ReturnType<typeof readVllmArguments> =>
  readVllmArguments(words, new Map(Object.entries(environment)), "pod.yaml");

describe("vLLM's arguments", () => {
  it.each<[string, string[], string | null]>([
    ["vllm serve", ["vllm", "serve", "a/b", "--max-num-seqs", "8"], "a/b"],
    ["the module", ["python3", "-m", "vllm.entrypoints.openai.api_server", "--model", "a/b", "--max-num-seqs=8"], "a/b"],
    ["the image's own entry point", ["--model=a/b", "--max_num_seqs", "8"], "a/b"],
    ["the image's own entry point, model first", ["a/b", "--max-num-seqs", "8"], "a/b"],
    ["a shell", ["/bin/sh", "-c", "ulimit -n 65536; exec vllm serve a/b --max-num-seqs 8"], "a/b"],
    ["bash with options", ["bash", "-lc", 'export X=1 && vllm serve "a/b" \\\n  --max-num-seqs 8'], "a/b"],
    ["no model", ["vllm", "serve", "--max-num-seqs", "8"], null],
  ])("behind %s", (_, words, model) => {
    const { model: found, settings } = readWords(words);
    expect([found, settings]).toEqual([model, { max_num_seqs: 8 }]);
  });

  it.each([
    [["--max-model-len", "32k"], { max_model_len: 32_000 }],
    [["--max-model-len", "32K"], { max_model_len: 32_768 }],
    [["--max-num-batched-tokens=4096"], { max_num_batched_tokens: 4096 }],
    [["--gpu-memory-utilization", "0.85"], { gpu_memory_utilization: 0.85 }],
    [["--num-gpu-blocks-override", "5000"], { num_gpu_blocks: 5000 }],
    [["--block-size", "32"], { block_size: 32 }],
    [["--long-prefill-token-threshold", "2048"], { long_prefill_token_threshold: 2048 }],
    [["--enable-chunked-prefill"], { enable_chunked_prefill: true }],
    [["--enable-chunked-prefill=False"], { enable_chunked_prefill: false }],
    [["--no-enable-chunked-prefill"], { enable_chunked_prefill: false }],
    [["--scheduling-policy", "priority"], { scheduling_policy: "priority" }],
    [["--port", "80"], {}],
  ])("%j are the settings %j", (words, settings) => {
    expect(readWords(["vllm", "serve", "a/b", ...words])).toMatchObject({ settings, notModelled: [] });
  });

  it("say how many GPUs work together", () => {
    const { tensorParallelSize, pipelineParallelSize, dataParallelSize } = readWords([
      "vllm",
      "serve",
      "a/b",
      "-tp",
      "4",
      "--pipeline-parallel-size=2",
    ]);
    expect([tensorParallelSize, pipelineParallelSize, dataParallelSize]).toEqual([4, 2, 1]);
  });

  it("are listed as they were written where they are not modelled", () => {
    const words = [
      "vllm",
      "serve",
      "a/b",
      "--quantization",
      "fp8",
      "--enforce-eager",
      "--speculative-config",
      '{"method":"ngram"}',
      "--max-num-seqs",
      "8",
    ];
    expect(readWords(words)).toMatchObject({
      settings: { max_num_seqs: 8 },
      notModelled: ["--quantization fp8", "--enforce-eager", '--speculative-config {"method":"ngram"}'],
    });
  });

  it("have the container's variables filled in", () => {
    const { model, settings } = readWords(["vllm", "serve", "$(MODEL)", "--max-num-seqs", "${SEQS}"], { MODEL: "a/b", SEQS: "16" });
    expect([model, settings]).toEqual(["a/b", { max_num_seqs: 16 }]);
  });
});

describe("a shell's words", () => {
  it.each([
    ["a b  c", [["a", "b", "c"]]],
    ["a 'b c' \"d e\"", [["a", "b c", "d e"]]],
    ['a="b c"d', [["a=b cd"]]],
    ["a\\ b", [["a b"]]],
    ['"a\\"b"', [['a"b']]],
    ["a \\\n b", [["a", "b"]]],
    ["a; b && c | d\ne", [["a"], ["b"], ["c"], ["d"], ["e"]]],
    ["a # not this\nb", [["a"], ["b"]]],
    ["''", [[""]]],
    ["", []],
  ])("of %j are %j", (text, commands) => {
    expect(shellCommands(text)).toEqual(commands);
  });
});
