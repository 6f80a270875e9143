import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { main } from "../../cli/main.ts";
import { experiments } from "../../src/experiments/all.ts";
import { experimentSchema } from "../../src/experiments/schema.ts";
import { slowDevice } from "../experiments/slow-device.ts";
import { freshFolder } from "./folder.ts";
import { terminal } from "./terminal.ts";

const folder = freshFolder();
const experiment = async (...args: string[]) => {
  const { io, written } = terminal({ cwd: folder.path });
  return { code: await main(["experiment", ...args], io), ...written };
};
const write = (name: string, text: string) => writeFileSync(join(folder.path, name), text);
const writeDevice = () => write("slow.json", JSON.stringify(slowDevice()));
const trace = (seconds: number) =>
  [
    "arrival_s,prompt_tokens,output_tokens",
    ...Array.from({ length: seconds }, (_, i) => `${i},${600 + ((i * 37) % 400)},${20 + (i % 9)}`),
  ].join("\n");

describe("ballast experiment", () => {
  it("without a name lists every experiment with its claim", async () => {
    const { code, out } = await experiment();
    expect(code).toBe(0);
    const flat = out.replace(/\s+/gu, " ");
    for (const { name, claim } of experiments) expect(flat).toContain(`${name} ${claim}`);
  });

  it("runs one on a device and a trace of the user's, as text, as JSON and as a page", async () => {
    writeDevice();
    write("log.csv", trace(900));
    const options = "--device slow.json --trace log.csv --quick --seeds 2 --html page.html --out out.json";
    const { code, out, err } = await experiment("cold-start", ...options.split(" "));
    expect([code, folder.text(err)]).toEqual([0, expect.stringContaining("Report: <folder>/page.html\n")]);
    expect(out).toContain("On the trace");
    expect(out.replace(/\s+/gu, " ")).toContain("log.csv, 15.0 min at 1 requests/s: 1 copies");
    const result = experimentSchema.parse(JSON.parse(readFileSync(join(folder.path, "out.json"), "utf8")));
    expect([result.device, result.is_quick, result.seeds]).toEqual(["slow GPU", true, [1, 2]]);
    const page = readFileSync(join(folder.path, "page.html"), "utf8");
    expect(page).toContain("<svg");
    expect(page).toContain("TTFT p99, cold over ready at once");
  });

  it("prints JSON, and says how to give a trace where there is none", async () => {
    writeDevice();
    const { code, out, err } = await experiment("cold-start", "--device", "slow.json", "--quick", "--seeds", "2", "--json");
    expect([code, err]).toEqual([0, expect.stringContaining("No real trace: give one with --trace FILE")]);
    expect(experimentSchema.parse(JSON.parse(out)).settings.map(({ setting }) => setting)).toEqual(["synthetic"]);
  });

  it("refuses a name that is none, with the nearest one", async () => {
    expect(await experiment("cold-strat")).toMatchObject({
      code: 1,
      err: 'experiment: there is none named "cold-strat". Did you mean "cold-start"?\n',
    });
    const { err } = await experiment("zzz");
    expect(err).toContain("There are: cold-start");
  });

  it.each(["1", "0", "2.5", "many"])("refuses --seeds %s", async (seeds) => {
    const { code, err } = await experiment("cold-start", "--seeds", seeds);
    expect([code, err]).toEqual([1, expect.stringContaining("Expected a whole number, 2 or above: one seed has no interval.")]);
  });

  it("refuses a trace that is too short to be drawn anew, and a model without its device", async () => {
    write("short.csv", trace(599));
    const { code, err } = await experiment("cold-start", "--trace", "short.csv");
    expect([code, err]).toEqual([1, expect.stringContaining("short.csv: expected a trace of at least 10 minutes")]);
    expect((await experiment("cold-start", "--model", "Llama-3.2-1B")).err).toContain("--model: expected --device beside it");
  });
});
