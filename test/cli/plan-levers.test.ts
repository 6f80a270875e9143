import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { main } from "../../cli/main.ts";
import { planSchema } from "../../src/plan/schema.ts";
import { deviceModel } from "../fixtures.ts";
import { freshFolder } from "./folder.ts";
import { terminal } from "./terminal.ts";

const folder = freshFolder();

const scenario = `
model: Llama-3.1-8B
device: device.json
traffic:
  kind: poisson
  requests_per_s: 2
  duration_s: 30
  prompt: { kind: constant, tokens: 500 }
  output: { kind: constant, tokens: 20 }
`;

const plan = async (...args: string[]) => {
  writeFileSync(join(folder.path, "device.json"), JSON.stringify(deviceModel()));
  writeFileSync(join(folder.path, "chat.yaml"), scenario);
  const { io, written } = terminal({ cwd: folder.path });
  const code = await main(["plan", "chat.yaml", "--replications", "2", ...args], io);
  return { code, out: written.out };
};

it("ballast plan --levers says what each lever is worth, and prints it with --json", async () => {
  const { code, out } = await plan("--levers");
  expect(code).toBe(0);
  expect(out).toContain("Levers, at equal objectives");
  expect(out.replaceAll(/\s+/gu, " ")).toContain(
    "Placement and locality: no effect here, since no two requests share a prefix or a session",
  );
  const json = planSchema.parse(JSON.parse((await plan("--levers", "--json")).out));
  expect(json.levers?.levers.map(({ lever }) => lever)).toContain("warm-pool");
});

it("ballast plan looks into no lever where it is not asked to", async () => {
  const { out } = await plan("--json");
  expect(planSchema.parse(JSON.parse(out)).levers).toBeUndefined();
});
