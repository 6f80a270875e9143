import * as fc from "fast-check";
import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { makeDocument } from "../../cli/document.ts";
import { calibrate } from "../../src/calibration/calibrate.ts";
import { builtInModel } from "../../src/model/built-in.ts";
import { headLinear, layerSizes } from "../../src/model/shapes.ts";
import type { Measurement, Profile } from "../../src/profile/schema.ts";
import { reportHtml } from "../../src/report/html/page.ts";
import type { ReportParts } from "../../src/report/html/parts.ts";
import { noAnswerOrNull } from "../../src/report/no-answer.ts";
import { measurementsOf, profileOf, truth } from "../calibration/synthetic.ts";
import { messageOf } from "../message-of.ts";
import { runs } from "../runs.ts";
import { plan } from "./samples.ts";

const model = builtInModel("tiny-llama");
const measurements = measurementsOf(truth, [layerSizes(model)], [headLinear(model)]);
const isFamily = (family: string) => (measurement: Measurement) => measurement.kind === "kernel" && measurement.family === family;
const isKind = (kind: string) => (measurement: Measurement) => measurement.kind === kind;
const NEEDS: Readonly<Record<string, (measurement: Measurement) => boolean>> = {
  "warm-up": isKind("warm-up"),
  "dispatch and submit overhead": isKind("overhead"),
  uploads: isKind("upload"),
  "small kernels": (measurement) =>
    ["copy", "rms-norm", "swiglu", "residual-add", "rotary"].some((family) => isFamily(family)(measurement)),
  "linear layers": isFamily("matmul"),
  "prefill attention": isFamily("attention-prefill"),
  "decode attention": isFamily("attention-decode"),
};
const without = (names: readonly string[], changes: Partial<Profile> = {}): Profile =>
  profileOf(
    measurements.filter((measurement) => !names.some((name) => NEEDS[name]!(measurement))),
    changes,
  );
const caveats = (parts: ReportParts): (string | null)[] =>
  [...parseHTML(reportHtml(parts, makeDocument())).document.querySelectorAll("header .caveat")].map(({ textContent }) => textContent);

describe("that there is no answer", () => {
  it("is said just where no device model can be made, with all that is missing", () => {
    fc.assert(
      fc.property(fc.subarray(Object.keys(NEEDS)), (names) => {
        const profile = without(names);
        const said = noAnswerOrNull(profile);
        for (const name of Object.keys(NEEDS)) expect(said?.includes(name) ?? false).toBe(names.includes(name));
        const outcome = messageOf(() => calibrate(profile, model, { profileHash: "" }));
        expect(outcome).toMatch(said === null ? /^accepted$/ : /expected a measurement of/);
      }),
      runs(50),
    );
  });

  it("has the reasons that the profile knows", () => {
    const left_out = [
      { id: "matmul/tiled m=1", because: "the time budget had ended" },
      { id: "overhead", because: "the time budget had ended" },
      { id: "verify read/vec4", because: "something else" },
    ];
    expect(noAnswerOrNull(without(["linear layers", "dispatch and submit overhead"], { left_out }))).toBe(
      "No answer, since too little was measured: there is no measurement of dispatch and submit overhead and linear layers (the time budget had ended).",
    );
  });

  it("stands before the title of a profile's page, and on no page that has an answer", () => {
    const profile = without(["linear layers"]);
    const said = noAnswerOrNull(profile);
    expect(caveats({ profile })).toContain(said);
    expect(caveats({ profile, plan: plan() })).not.toContain(said);
    expect(caveats({ profile: without([]) })).not.toContain(said);
  });
});
