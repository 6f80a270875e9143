import { describe, expect, it } from "vitest";
import { kvBlocks } from "../../src/calibration/kv-blocks.ts";
import { builtInModel } from "../../src/model/built-in.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { resolveScenario } from "../../src/scenario/resolve.ts";
import { deviceModel } from "../fixtures.ts";

const model = builtInModel("Llama-3.1-8B");
const requests = Array.from({ length: 100 }, (_, id) => ({ id, arrivedAt: id * 1e9, promptTokens: 100, outputTokens: 10 }));
const trace = "model: Llama-3.1-8B\ntraffic: { kind: trace, format: mooncake, file: a.jsonl }\n";
const resolve = (text: string, device = deviceModel(), of = model) =>
  resolveScenario(parseScenario(text, "chat.yaml"), device, of, requests);
const inputsOf = (text: string, device = deviceModel()) =>
  Object.fromEntries(resolve(text, device).inputs.map(({ name, origin, value }) => [name, `${origin}: ${value}`]));

describe("a scenario on a device", () => {
  it("takes what is measured from the device model, and the rest from the scenario", () => {
    expect(resolve(`${trace}cold_start: { image_s: 7, warm_up_s: 4 }`).coldStart).toEqual([
      { name: "provision", state: "provisioning", duration: 60 },
      { name: "image", state: "provisioning", duration: 7 },
      { name: "weights", state: "loading", duration: 0.2 + 16_060_522_496 / 5e9 },
      { name: "initialise", state: "warming", duration: 1.2 + 0.1 + 0.2 + 0.05 + 0.45 },
      { name: "warm-up", state: "warming", duration: 4 },
    ]);
  });

  it("says of each input whether it was given, measured or assumed", () => {
    const inputs = inputsOf(`${trace}cold_start: { image_s: 7, warm_up_s: 4 }\nreplica: { num_gpu_blocks: 500 }`);
    expect(inputs).toMatchObject({
      model: "given: Llama-3.1-8B",
      memory: "measured: 80.0 GB",
      max_num_seqs: "assumed: 1,024",
      num_gpu_blocks: "given: 500 of 16 tokens",
      "cold start, provision": "assumed: 60.0 s",
      "cold start, image": "given: 7.00 s",
      "cold start, weights": "measured: 3.41 s",
      "cold start, warm-up": "given: 4.00 s",
      router: "assumed: least-outstanding",
    });
  });

  it("hands the router on, and says which it is and how old what it sees may be", () => {
    const text = `${trace}router: { kind: prefix-aware, queue_weight: 5 }`;
    expect(resolve(text).router).toEqual({
      kind: "prefix-aware",
      prefix_weight: 3,
      queue_weight: 5,
      kv_weight: 2,
      max_blocks: 256,
      scrape_interval_s: 0.05,
    });
    expect(inputsOf(text)["router"]).toBe("given: prefix-aware, servers scraped every 50.0 ms");
  });

  it("hands on what stands in front of the fleet and how clients behave, and says which of it the user has chosen", () => {
    const text = `${trace}admission: { concurrency_limit: 8, shed: { kv_use: 0.9 }, queue: { max_length: 20 } }\nclients: { timeout_s: 30 }`;
    expect(resolve(text)).toMatchObject({
      concurrencyLimit: 8,
      admission: {
        shed: { priority_above: 0, queue_depth: 5, kv_use: 0.9 },
        queue: { max_length: 20, on_full: "reject-new", order: "fcfs" },
      },
      clients: { timeout_s: 30 },
    });
    expect(inputsOf(text)).toMatchObject({
      "admission, concurrency_limit": "given: 8",
      "admission, shed.queue_depth": "assumed: 5",
      "admission, shed.kv_use": "given: 0.9",
      "admission, queue.order": "assumed: fcfs",
      "clients, timeout_s": "given: 30",
    });
    expect(resolve(trace)).not.toHaveProperty("admission");
    expect(Object.keys(inputsOf(trace)).filter((name) => /admission|clients/u.test(name))).toEqual([]);
  });

  it("takes the objective for a deadline that is not given, where the user has given the objective", () => {
    const text = `${trace}admission: { deadline: {} }\n`;
    expect(resolve(`${text}objectives: { ttft_p99_s: 3 }`).admission?.deadline?.ttft_s).toBe(3);
    expect(inputsOf(`${text}objectives: { ttft_p99_s: 3 }`)["admission, deadline.ttft_s"]).toBe("given: 3");
    expect(resolve(`${trace}admission: { deadline: { ttft_s: 1 } }\nobjectives: { ttft_p99_s: 3 }`).admission?.deadline?.ttft_s).toBe(1);
    expect(resolve(text).admission?.deadline).not.toHaveProperty("ttft_s");
  });

  it("is refused where its rate limit in tokens lets none of its requests through", () => {
    const limited = (burst: number) => () => resolve(`${trace}admission: { rate_limit: { rate: 20, burst: ${burst}, unit: tokens } }`);
    expect(limited(109)).toThrow("admission.rate_limit.burst: expected at least the shortest request, 110 tokens");
    expect(limited(110)).not.toThrow();
  });

  it("has the KV blocks that calibration finds room for, unless the user knows them", () => {
    const settings = { gpu_memory_utilization: 0.9, block_size: 16 };
    expect(resolve(trace).replica.numGpuBlocks).toBe(kvBlocks(deviceModel(), model, settings).numGpuBlocks);
    expect(resolve(`${trace}replica: { num_gpu_blocks: 500 }`).replica).toMatchObject({ numGpuBlocks: 500, maxModelLen: 499 * 16 });
  });

  it("takes requests as long as the model does, where the KV cache holds that", () => {
    expect(resolve(trace).replica.maxModelLen).toBe(model.contextLength);
  });

  it("is refused before the run where the longest prompt does not fit into the blocks that the user has stated", () => {
    const long = [...requests, { id: 100, arrivedAt: 100e9, promptTokens: 145, outputTokens: 1 }];
    const resolveLong = (blocks: string, more = "") =>
      resolveScenario(
        parseScenario(`${trace.replace("file: a.jsonl", `file: a.jsonl${more}`)}replica: { ${blocks} }`, "chat.yaml"),
        deviceModel(),
        model,
        long,
      );
    expect(() => resolveLong("num_gpu_blocks: 10")).toThrow(
      "chat.yaml: replica.num_gpu_blocks: expected room for the longest prompt, 145 tokens (request 101 of a.jsonl), got 10 blocks, which hold 144: vLLM would never admit it",
    );
    expect(() => resolveLong("num_gpu_blocks: 11")).not.toThrow();
    expect(() => resolveLong("num_gpu_blocks: 10", ", beyond_context: keep")).not.toThrow();
  });

  it("names what the trace's format leaves open", () => {
    expect(resolve(trace).notModelled.join()).toContain("3 s grid");
    expect(resolve(trace.replace("mooncake", "azure")).notModelled).toEqual([]);
  });

  it("is refused with the place, the rule, what stands there, and what to do", () => {
    const message = (resolving: () => unknown): string => {
      try {
        return String(resolving());
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(message(() => resolve(trace, deviceModel({ model: "Qwen2.5-7B" })))).toMatchInlineSnapshot(
      `"device: expected a device model of Llama-3.1-8B, got one of Qwen2.5-7B. Calibrate the device for this model, ballast calibrate --model …, or ask about the other: --model Qwen2.5-7B"`,
    );
    expect(
      message(() => resolve(trace, deviceModel({ memory: { bytes: 16e9, origin: "measured", source: "nvidia-smi" } }))),
    ).toMatchInlineSnapshot(
      `"Llama-3.1-8B on Example GPU: needs 15.40 GiB for weights (14.96 GiB in f16), activations and two KV blocks, and may use 13.41 GiB (0.9 of 14.90 GiB): 1.99 GiB short. Of the built-in models tiny-llama and Llama-3.2-1B would fit (--model, or model in the scenario); or take a device with at least 17.11 GiB."`,
    );
    expect(message(() => resolve(`${trace}replica: { num_gpu_blocks: 500, max_model_len: 9000 }`))).toMatchInlineSnapshot(
      `"chat.yaml: replica.max_model_len: expected at most 7984 tokens, which the KV cache holds, got 9000: vLLM does not start so. Lower it, or give the server more memory."`,
    );
  });
});
