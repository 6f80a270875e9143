import { it } from "vitest";
import { writeFileSync, readdirSync } from "node:fs";
import { makeDocument } from "../../cli/document.ts";
import { readReportParts } from "../../cli/report-parts.ts";
import { calibrate } from "../../src/calibration/calibrate.ts";
import { builtInModel } from "../../src/model/built-in.ts";
import { reportHtml } from "../../src/report/html/page.ts";
import { planText, profileText, runText, deviceModelText } from "../../src/report/text.ts";
import * as s from "./samples.ts";
it("x", () => {
  writeFileSync("/tmp/probe/full.html", reportHtml({ profile: s.gpuProfile(), deviceModel: s.deviceModel(), runs: [s.run(), s.run("autoscaler")], plan: s.plan() }, makeDocument()));
  writeFileSync("/tmp/probe/soft.html", reportHtml({ profile: s.softwareProfile(), plan: s.impossiblePlan() }, makeDocument()));
  const run = readdirSync("runs").filter((n) => n.startsWith("2026") ).at(-1)!;
  const parts = readReportParts(["/work/main/runs/" + run]);
  console.log(profileText(parts.profile!));
  let deviceModel = parts.deviceModel;
  try { deviceModel ??= calibrate(parts.profile!, builtInModel("tiny-llama"), { profileHash: "x" }); console.log(deviceModelText(deviceModel)); } catch (e) { console.log(String(e)); }
  if (parts.plan) console.log(planText(parts.plan));
  for (const r of parts.runs!) console.log(runText(r));
  writeFileSync("/tmp/probe/real.html", reportHtml({ ...parts, deviceModel }, makeDocument()));
});
