import { describe, expect, it } from "vitest";
import { InputError } from "../../src/errors.ts";
import type { RequestRecord } from "../../src/fleet/config.ts";
import { simulate } from "../../src/fleet/simulate.ts";
import { linesOf } from "../../src/traffic/trace/lines.ts";
import { readLoggedRun } from "../../src/validation/logged-run.ts";
import { validationSchema } from "../../src/validation/schema.ts";
import { validateRun, worstRows } from "../../src/validation/validate.ts";
import { fleetConfig, requestsOf } from "../fleet/configs.ts";

async function* text(content: string): AsyncGenerator<string> {
  yield content;
}

const read = (content: string) => readLoggedRun(linesOf(text(content)), "requests.jsonl");

/** A request as vLLM logs it, at times of any clock. */
const logged = ({ arrivedAt, firstTokenAt, lastTokenAt, promptTokens, outputTokens }: RequestRecord): string =>
  JSON.stringify({
    input_toks: promptTokens,
    output_toks: outputTokens,
    queued_ts: 4000 + arrivedAt / 1e9,
    first_token_ts: 4000 + firstTokenAt! / 1e9,
    last_token_ts: 4000 + lastTokenAt! / 1e9,
  });

const { requests: _requests, policy: _policy, ...engine } = fleetConfig({ replica: { ...fleetConfig().replica, maxNumSeqs: 4 } });
const traffic = requestsOf(...Array.from({ length: 40 }, (_unused, i) => [i === 0 ? 0 : 150, 10 + i, 1 + (i % 7)] as const));

/** What the simulator does on this traffic, as a log. */
const ownLog = (): string => {
  const records: RequestRecord[] = [];
  simulate({ ...engine, requests: traffic, policy: { kind: "fixed", replicas: 1 } }, (record) => records.push(record));
  // In order of their ends, as an engine writes them.
  return records.map(logged).join("\n");
};

describe("a logged run beside its replay", () => {
  it("law: a run that the simulator itself has logged is reproduced to a microsecond, running and waiting too", async () => {
    const requests = await read(ownLog());
    expect(requests.map(({ request }) => request.promptTokens)).toEqual(traffic.map(({ promptTokens }) => promptTokens));
    const gauges = [0.5, 5, 20, 60].map((at_s) => ({ at_s, running: 0, waiting: 0 }));
    const validation = validateRun({ place: "log", engine: "own", device: "none", model: "none", requests, gauges }, engine);
    expect(validation.rows).toHaveLength(15);
    for (const { measured_s, simulated_s } of validation.rows) expect(simulated_s).toBeCloseTo(measured_s, 5);
    expect(validation.gauges!.running.simulated.every((running) => running <= 4)).toBe(true);
    expect(Math.max(...validation.gauges!.running.simulated)).toBe(4);
    expect(validationSchema.safeParse(validation).error).toBeUndefined();
  });

  it("a slower engine than simulated has errors below 0, and the worst of each metric is named", async () => {
    const requests = (await read(ownLog())).map((request) => ({
      ...request,
      firstTokenAt: request.firstTokenAt + 5e9,
      lastTokenAt: request.lastTokenAt + 5e9,
    }));
    const { rows } = validateRun({ place: "log", engine: "own", device: "none", model: "none", requests, gauges: [] }, engine);
    const worst = worstRows(rows);
    expect(worst.map(({ metric }) => metric)).toEqual(["ttft", "tpot", "end_to_end"]);
    expect(worst[0]!.error).toBeLessThan(-0.1);
    expect(worst[1]!.error).toBeCloseTo(0, 5);
  });
});

describe("a log that is wrong is refused with its line", () => {
  const good = { input_toks: 10, output_toks: 2, queued_ts: 1, first_token_ts: 2, last_token_ts: 3 };
  it.each([
    [{ ...good, input_toks: undefined }, "line 1: expected input_toks to be a whole number of tokens, at least 1, got nothing"],
    [{ ...good, output_toks: 1.5 }, "line 1: expected output_toks to be a whole number of tokens, at least 1, got 1.5"],
    [{ ...good, queued_ts: "1" }, 'line 1: expected queued_ts to be a number of seconds, got "1"'],
    [{ ...good, first_token_ts: 0.5 }, "line 1: expected queued_ts, first_token_ts and last_token_ts in rising order, got 1, 0.5, 3"],
  ])("%j: %s", async (line, message) => {
    await expect(read(JSON.stringify(line))).rejects.toThrow(message);
  });

  it("no line at all", async () => {
    await expect(read("")).rejects.toThrow(InputError);
  });
});
