import { describe, expect, it } from "vitest";
import type { DeviceModel } from "../../src/calibration/device-model.ts";
import { builtInModel } from "../../src/model/built-in.ts";
import { planDefaultQuestion } from "../../src/plan/default-question.ts";
import { plan } from "../../src/plan/plan.ts";
import { planSchema, type Plan } from "../../src/plan/schema.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import type { Request } from "../../src/traffic/request.ts";
import { deviceModel } from "../fixtures.ts";
import { CHAT_SCENARIO as generated, chat } from "./questions.ts";
import { planText } from "../../src/report/plan-text.ts";

const model = builtInModel("Llama-3.1-8B");
const traced = "model: Llama-3.1-8B\ntraffic: { kind: trace, format: azure, file: conv.csv }\n";

const ask = (text: string, trace: readonly Request[] | null = null, device: DeviceModel = deviceModel()): Plan =>
  plan({ from: parseScenario(text, "chat.yaml"), device, model, trace, replications: 3 }).plan;
const message = (asking: () => unknown): string => {
  try {
    return String(asking());
  } catch (error) {
    return (error as Error).message;
  }
};
const spaced = (count: number, gap: number, tokens = 100): Request[] =>
  Array.from({ length: count }, (_, id) => ({ id, arrivedAt: Math.round(id * gap * 1e9), promptTokens: tokens, outputTokens: 10 }));

describe("a plan", () => {
  const answer = ask(generated);

  it("is what its schema says, and the same bytes again", () => {
    expect(planSchema.parse(answer)).toEqual(answer);
    expect(JSON.stringify(ask(generated))).toBe(JSON.stringify(answer));
  });

  it("has found a number, with headroom, and an autoscaler that may go to twice it", () => {
    if (answer.capacity.kind !== "found") throw new Error(answer.capacity.because);
    expect(answer.capacity.candidate.verdict).toBe("meets");
    expect(answer.capacity.headroom_over_mean).toBeGreaterThan(0);
    expect(answer.autoscaler?.replicas.max).toBeLessThanOrEqual(2 * answer.capacity.replicas);
    expect(answer.autoscaler?.policy).toContain(`1 to ${2 * answer.capacity.replicas} replicas`);
  });

  it("repeats generated traffic with seeds from the scenario's on, and plays a trace once", () => {
    expect(answer.seeds).toEqual([42, 43, 44]);
    expect(ask(traced, chat(20, 60)(1)).seeds).toEqual([42]);
  });

  it("simulates what runs today first, and suggests no other autoscaler where one runs", () => {
    const own = ask(`${generated}policy: { kind: hpa, min_replicas: 2, max_replicas: 3, target_average: 5 }`);
    expect(own.today?.policy).toBe("HPA on requests_in_flight, target 5 a pod, 2 to 3 replicas");
    expect(own.today_is).toBe("scenario");
    expect(answer.today_is).toBeUndefined();
    expect(own.autoscaler).toBeNull();
    expect(own.inputs.find(({ name }) => name === "today")?.origin).toBe("given");
    expect(answer.today).toBeNull();
  });

  it("takes a fixed number for what runs today, and still suggests an autoscaler", () => {
    const own = ask(`${generated}policy: { kind: fixed, replicas: 9 }`);
    if (own.capacity.kind !== "found" || own.today === null || own.today === undefined) throw new Error("expected an answer beside today");
    expect(own.today).toMatchObject({ policy: "fixed, 9 replicas", verdict: "meets", scale_events: 0 });
    expect(own.today.gpu_hours / own.capacity.candidate.gpu_hours).toBeCloseTo(9 / own.capacity.replicas, 1);
    expect(own.capacity).toEqual(answer.capacity);
    expect(own.autoscaler).toEqual(answer.autoscaler);
  });

  it("says what runs today where no number of replicas will do", () => {
    const own = ask(`${generated}policy: { kind: fixed, replicas: 2 }\nobjectives: { tpot_p99_s: 0.001 }`);
    expect(own.capacity.kind).toBe("impossible");
    expect(own.today).toMatchObject({ policy: "fixed, 2 replicas", verdict: "misses" });
  });

  it("judges today's replicas by the worst of what they have to survive, and lets them miss where none would be left", () => {
    const gone = ask(`${generated}policy: { kind: fixed, replicas: 9 }\nobjectives: { survive: 1 }`);
    expect(gone.today).toMatchObject({ policy: "fixed, 9 replicas", replicas: { max: 9 }, hardship: expect.any(String) as string });
    const none = ask(`${generated}policy: { kind: fixed, replicas: 1 }\nobjectives: { survive: 1 }`);
    expect(none.today).toMatchObject({ verdict: "misses", hardship: expect.any(String) as string });
  });

  it("has less headroom over the busiest ten seconds than over the busiest minute, and less there than over the mean", () => {
    if (answer.capacity.kind !== "found") throw new Error(answer.capacity.because);
    const { headroom_over_mean: mean, headroom_over_peaks: peaks = [] } = ask(generated.replace("duration_s: 60", "duration_s: 180"))
      .capacity as Extract<Plan["capacity"], { kind: "found" }>;
    expect(peaks.map(({ window_s }) => window_s)).toEqual([10, 60]);
    expect(peaks[0]!.headroom).toBeLessThan(peaks[1]!.headroom);
    expect(peaks[1]!.headroom).toBeLessThan(mean);
  });

  it("says where every input came from, objectives included", () => {
    const origins = Object.fromEntries(ask(`${generated}objectives: { ttft_p99_s: 3 }`).inputs.map(({ name, origin }) => [name, origin]));
    expect(origins).toMatchObject({
      traffic: "given",
      "step time": "measured",
      "objective, ttft.p99": "given",
      "objective, tpot.p99": "assumed",
      autoscaler: "assumed",
    });
  });

  it("with replicas that may be gone is for all of them: number, cost, and what one fewer misses", () => {
    const all = ask(generated);
    const spared = ask(`${generated}objectives: { survive: 1 }`);
    if (all.capacity.kind !== "found" || spared.capacity.kind !== "found") throw new Error("expected an answer");
    const { replicas } = all.capacity;
    expect(spared.capacity.replicas).toBeGreaterThan(replicas);
    const of = spared.capacity.replicas;
    expect(spared.capacity.candidate).toMatchObject({ policy: `fixed, ${of} replicas`, replicas: { min: of, max: of } });
    expect(spared.capacity.candidate.hardship).toMatch(/gone from the beginning|lost when it is busiest|rolling update/);
    expect(spared.capacity.candidate.gpu_hours).toBeGreaterThan(all.capacity.candidate.gpu_hours);
    expect(spared.capacity.one_fewer?.verdict).toBe("misses");
    expect(spared.autoscaler?.hardship).toBeDefined();
    expect(spared.not_modelled).not.toContain("Failures of replicas and nodes.");
    expect([all.capacity.candidate.hardship, all.autoscaler?.hardship]).toEqual([undefined, undefined]);
  });

  it("that needs more GPUs than the ceiling is impossible, and says how many it needs", () => {
    const { capacity } = ask(`${generated}objectives: { gpu_hours_per_h: 1 }`);
    expect(capacity).toMatchObject({ kind: "impossible", best: { verdict: "misses" } });
    expect(capacity.kind === "impossible" ? capacity.because : "").toMatch(
      /^the other objectives need \d+ replicas, \d+ GPUs all the time, and the ceiling is 1 on average, which pays for 1 replica at most$/,
    );
  });

  it("tells what it is doing, stage by stage", () => {
    const told: string[] = [];
    const shares: number[] = [];
    plan({
      from: parseScenario(generated, "chat.yaml"),
      device: deviceModel(),
      model,
      trace: null,
      replications: 1,
      onProgress: (what, share) => {
        told.push(what);
        shares.push(share);
      },
    });
    expect(told[0]).toBe("stage 1 of 4, the smallest number: 1 replica, seed 42");
    expect(told).toContain("stage 4 of 4, an autoscaler: the autoscaler, seed 42");
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect([shares[0], shares.at(-1)]).toEqual([0, 0.75]);
  });

  it("comes with the runs of its first seed", () => {
    const {
      plan: found,
      fixed,
      autoscaler,
    } = plan({ from: parseScenario(generated, "chat.yaml"), device: deviceModel(), model, trace: null, replications: 1 });
    if (found.capacity.kind !== "found") throw new Error(found.capacity.because);
    expect([fixed?.policy, fixed?.seed, fixed?.gpu_hours]).toEqual([
      found.capacity.candidate.policy,
      42,
      found.capacity.candidate.gpu_hours,
    ]);
    expect([autoscaler?.policy, autoscaler?.gpu_hours]).toEqual([found.autoscaler?.policy, found.autoscaler?.gpu_hours]);
  });

  it("is headed by whose speed it speaks of", () => {
    expect(answer.heading).toMatchInlineSnapshot(
      `"UNANCHORED: this speaks for a WebGPU engine on this device. No measurement of vLLM or another production engine stands behind it."`,
    );
    const software = deviceModel({ is_gpu: false, device: "SwiftShader" });
    expect(ask(generated, null, software).heading).toMatchInlineSnapshot(
      `"Pipeline check, not a capacity answer: SwiftShader is not a GPU."`,
    );
  });
});

describe("a plan that cannot be", () => {
  it("says which objective stands in the way, and the least that it could be", () => {
    const because = (text: string, trace: Request[] | null = null) => {
      const { capacity, autoscaler } = ask(text, trace);
      expect(autoscaler).toBeNull();
      return capacity.kind === "impossible" ? capacity.because : "found";
    };
    expect(because(`${generated}objectives: { ttft_p99_s: 0.05 }`)).toMatchInlineSnapshot(
      `"TTFT p99 is 176 ms at best, where every request has an idle replica to itself (from 39 replicas on), and the limit is 50 ms"`,
    );
    expect(because(`${generated}objectives: { tpot_p99_s: 0.001 }`)).toMatchInlineSnapshot(
      `"TPOT p99 is 7.81 ms at best, where every request has an idle replica to itself (from 39 replicas on), and the limit is 1 ms"`,
    );
    expect(
      because(`${traced}replica: { max_model_len: 2000 }`, [
        ...spaced(50, 1),
        ...spaced(10, 1, 3000).map((r) => ({ ...r, id: r.id + 50, arrivedAt: r.arrivedAt + 50e9 })),
      ]),
    ).toMatchInlineSnapshot(
      `"17 % of the requests are longer than a server takes (max_model_len 2,000 tokens) and are rejected, and a rejected request misses every objective"`,
    );
  });

  it("is refused where the traffic has no rate", () => {
    expect(message(() => ask(traced, []))).toMatchInlineSnapshot(
      `"chat.yaml: traffic: expected requests at two instants or more, got none. Give more traffic: a longer duration, or a longer trace."`,
    );
    expect(message(() => ask(traced, spaced(3, 0)))).toMatchInlineSnapshot(
      `"chat.yaml: traffic: expected requests at two instants or more, got 3 at one. Give more traffic: a longer duration, or a longer trace."`,
    );
    expect(message(() => ask(generated.replace("requests_per_s: 20", "requests_per_s: 0.000001")))).toMatchInlineSnapshot(
      `"chat.yaml: traffic: expected requests at two instants or more, got none. Give more traffic: a longer duration, or a longer trace."`,
    );
  });
});

describe("the cautions of a plan on a trace", () => {
  const notes = (trace: Request[]) => ask(traced, trace).cautions!.join("\n");

  it.each([
    ["shorter than a cold start", spaced(50, 1), true],
    ["longer than a cold start", spaced(200, 1), false],
  ])("one %s", (_, trace, expected) => {
    expect(notes(trace).includes("less than one cold start")).toBe(expected);
  });

  it("say where all rests on one burst", () => {
    const burst = (start: number, gap: number) => spaced(300, 0.1).map((r) => ({ ...r, arrivedAt: r.arrivedAt * gap + start * 1e9 }));
    const inOrder = (requests: Request[]) => requests.sort((a, b) => a.arrivedAt - b.arrivedAt).map((r, id) => ({ ...r, id }));
    expect(notes(inOrder([...spaced(600, 1), ...burst(130, 1)]))).toContain(
      "The answer rests on one event: the minute from 2.00 min on has 6.00 times",
    );
    expect(notes(inOrder([...spaced(600, 1), ...burst(130, 1), ...burst(400, 1)]))).not.toContain("one event");
    expect(notes(spaced(600, 1))).not.toContain("one event");
  });

  it("stand before the answer", () => {
    const short = ask(traced, spaced(50, 1));
    const lines = planText(short).split("\n");
    const caution = lines.findIndex((line) => line.startsWith("The trace lasts"));
    const answer = lines.findIndex((line) => line.startsWith("1 replica"));
    expect(caution).toBeGreaterThanOrEqual(0);
    expect(answer).toBeGreaterThan(caution);
    expect(ask(generated).cautions).toBeUndefined();
  });
});

describe("where a simulation begins and ends", () => {
  it("is said of every answer", () => {
    expect(ask(generated).notes.join("\n")).toContain("All requests count, the first ones too, and it ends when the last one has left");
  });
});

describe("the default question", () => {
  const answer = (device: DeviceModel, of = model, objectives = {}) =>
    planDefaultQuestion({ device, model: of, given: new Map(), objectives, replications: 1 }).plan;
  const tiny = builtInModel("tiny-llama");
  /** A device on which every step takes so many times as long, with the small model. */
  const slow = (factor: number): DeviceModel => {
    const { step } = deviceModel();
    if (step.kind !== "composed") return expect.unreachable("the fixture is composed");
    return deviceModel({
      model: "tiny-llama",
      device: "SwiftShader",
      is_gpu: false,
      weight_bytes: 15e6,
      kv_bytes_per_token: 4096,
      step: {
        ...step,
        linear: { ...step.linear, seconds: step.linear.seconds.map((time) => time * factor) },
      },
    });
  };

  it("is answered, and says how it was made", () => {
    const { question, capacity, inputs } = answer(slow(5), tiny);
    expect(capacity.kind).toBe("found");
    const [, rate = ""] = /bursty, ([\d.]+) requests\/s/.exec(question) ?? [];
    const [, sustained = ""] = /4 times the ([\d.]+) requests\/s/.exec(question) ?? [];
    expect(Number(rate) / Number(sustained)).toBeCloseTo(4, 1);
    expect(question).toContain("TTFT p99 ≤ 2 s and TPOT p99 ≤ 100 ms");
    expect(inputs.filter(({ origin }) => origin === "given").map(({ name }) => name)).toEqual(["weights"]);
  }, 240_000);

  it("is relative to a device on which one request alone leaves no room, and says so; policies are compared by cost where that is asked for", () => {
    const asked = { device: slow(160), model: tiny, given: new Map(), replications: 1, hasFrontier: true };
    const { question, capacity, frontier = [] } = planDefaultQuestion(asked).plan;
    expect(capacity.kind).toBe("found");
    expect(frontier.length).toBeGreaterThan(0);
    expect(question).toMatchInlineSnapshot(
      `"How many replicas of tiny-llama on SwiftShader meet TTFT p99 ≤ 14 s and TPOT p99 ≤ 4.2 s? Traffic: bursty, 2.04 requests/s on average for 20 min; every 5 min a burst of 30 s (both on average) at 4 times the calm rate. This is Ballast's default question: chat with the prompt and output lengths of Azure's 2023 conversation trace, each times 1/8 since this is not a GPU. That is 4 times the 0.511 requests/s that one replica sustains: the highest rate of a steady Poisson stream of such requests at which it meets the objectives, to within 3.0 %. TTFT p99 ≤ 2 s would leave no room on this device, since one request alone takes 3.52 s (p99): the limit is 4 times that instead. TPOT p99 ≤ 100 ms would leave no room on this device, since one request alone takes 1.04 s (p99): the limit is 4 times that instead."`,
    );
  }, 240_000);

  it("keeps to objectives that the user gave, and then may be impossible", () => {
    const { question, capacity } = answer(slow(160), tiny, { ttft_p99_s: 2 });
    expect(question).toContain("TTFT p99 ≤ 2 s");
    expect(capacity.kind).toBe("impossible");
  });
});
