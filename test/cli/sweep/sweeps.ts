import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { main } from "../../../cli/main.ts";
import { deviceModel } from "../../fixtures.ts";
import { terminal } from "../terminal.ts";

/** A small scenario whose runs take some milliseconds, on a device of the fixtures. */
export const chat = {
  name: "chat",
  model: "Llama-3.1-8B",
  device: "device.json",
  traffic: {
    kind: "bursty",
    requests_per_s: 5,
    duration_s: 40,
    burst_s: 5,
    calm_s: 20,
    prompt: { kind: "log-normal", p50_tokens: 300, p99_tokens: 2000, max_tokens: 4000 },
    output: { kind: "log-normal", p50_tokens: 20, p99_tokens: 100, max_tokens: 200 },
  },
  cold_start: { provision_s: 5, image_s: 5 },
};

/** Six combinations, the second axis of named variants. */
export const grid = {
  name: "grid",
  scenario: "chat.json",
  vary: {
    "traffic.requests_per_s": [2, 5, 9],
    fleet: {
      fixed: { policy: { kind: "fixed", replicas: 2 } },
      hpa: { policy: { kind: "hpa", max_replicas: 4, target_average: 3 }, "cold_start.provision_s": 1 },
    },
  },
  seeds: 2,
};

export const write = (folder: string, files: Readonly<Record<string, unknown>>): void => {
  for (const [name, value] of Object.entries({ "device.json": deviceModel(), "chat.json": chat, ...files }))
    writeFileSync(join(folder, name), typeof value === "string" ? value : JSON.stringify(value));
};

export const sweep = async (cwd: string, ...args: string[]) => {
  const { io, written } = terminal({ cwd });
  return { code: await main(["sweep", ...args], io), ...written };
};

/** Every file below a folder, by its path there. */
export const contentOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, "utf8")]),
  );
