import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { deviceModelSchema } from "../../src/calibration/device-model.ts";
import { engineCaveatOrNull, engineName, whoseSpeed } from "../../src/calibration/whose-speed.ts";
import { builtInModel } from "../../src/model/built-in.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { fleetConfig } from "../../src/scenario/fleet-config.ts";

describe("a made-up device", () => {
  const text = readFileSync(new URL("../../bench/reference-model.json", import.meta.url), "utf8");
  const device = deviceModelSchema.parse(JSON.parse(text));
  const scenario =
    "model: Llama-3.1-8B\npolicy: { kind: fixed, replicas: 1 }\ntraffic: { kind: poisson, requests_per_s: 1, duration_s: 9, prompt: { kind: constant, tokens: 9 }, output: { kind: constant, tokens: 9 } }\n";
  const inputs = (made: typeof device) =>
    fleetConfig({ from: parseScenario(scenario, "chat.yaml"), device: made, model: builtInModel("Llama-3.1-8B") }).inputs;

  it("says so above every answer, and above a run that knows it by its engine alone", () => {
    const said = "MADE-UP DEVICE: nobody measured its speeds, and this is no capacity answer.";
    expect(whoseSpeed(device)).toBe(said);
    expect(engineCaveatOrNull(engineName(device))).toBe(said);
  });

  it("gives no input that counts as measured, unlike one that was", () => {
    expect(inputs(device).filter(({ origin }) => origin === "measured")).toEqual([]);
    const { is_made_up: _, ...measured } = device;
    expect(inputs(measured).filter(({ origin }) => origin === "measured")).not.toEqual([]);
  });
});
