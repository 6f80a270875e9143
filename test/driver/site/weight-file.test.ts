import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rangeOrNull, weightRoute, type WeightRoute } from "../../../harness/driver/site/serve-weights.ts";
import { makeWeightFile } from "../../../harness/driver/site/weight-file.ts";

const MIB = 2 ** 20;
const parent = mkdtempSync(join(tmpdir(), "ballast-test-weights-"));
afterAll(() => rmSync(parent, { recursive: true, force: true }));
const left = () => readdirSync(parent);

const bytesOf = async (stream: AsyncIterable<Buffer>): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
};

describe("a file of weights", () => {
  it("holds random bytes, is read from both places, and leaves nothing behind", async () => {
    const file = await makeWeightFile(5 * MIB, parent);
    const bytes = await bytesOf(file.stream(0, 5 * MIB - 1));
    expect(bytes.length).toBe(5 * MIB);
    expect(new Set(bytes.subarray(0, 65_536)).size).toBe(256);
    expect(bytes.subarray(4 * MIB).equals(bytes.subarray(0, MIB))).toBe(false);
    expect(await file.read("page-cache")).toBeGreaterThan(0);
    expect((await file.read("disk")) ?? Infinity).toBeGreaterThan(0);
    file.remove();
    expect(left()).toEqual([]);
  });

  it("that would not fit is refused before it is written", async () => {
    await expect(makeWeightFile(2 ** 52, parent)).rejects.toThrow(
      /^a file of 4.50 PB needs .* free among the temporary files, and there are .*Set TMPDIR/,
    );
    expect(left()).toEqual([]);
  });

  it("whose folder cannot be made is refused with the reason", async () => {
    await expect(makeWeightFile(MIB, join(parent, "absent"))).rejects.toThrow("no folder for a file of weights can be made: ENOENT.");
  });

  it("that a stopped run was still writing stops there, and leaves nothing behind", async () => {
    const stop = new AbortController();
    const making = makeWeightFile(64 * MIB, parent, stop.signal);
    stop.abort(new Error("stopped"));
    await expect(making).rejects.toThrow("stopped");
    expect(left()).toEqual([]);
  });

  it("that a killed process left goes when the next is made", async () => {
    const gone = Number(execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }));
    const old = mkdtempSync(join(parent, `ballast-weights-${gone}-`));
    writeFileSync(join(old, "weights"), "x");
    const file = await makeWeightFile(4096, parent);
    expect(left().length).toBe(1);
    file.remove();
  });
});

describe("the server's file of weights", () => {
  const page = { "Sec-Fetch-Site": "same-origin" };
  let route: WeightRoute;
  let server: Server;
  let url: string;
  const ask = (path: string, method = "GET", headers: Record<string, string> = page) => fetch(`${url}${path}`, { method, headers });

  beforeAll(async () => {
    route = weightRoute(parent);
    server = createServer((request, response) => void (route.answer(request, response) || response.writeHead(204).end()));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterAll(() => server.close());

  it("is streamed whole and in ranges, and read where the server is", async () => {
    expect(await (await ask(`weight-file?bytes=${2 * MIB}`, "POST")).json()).toEqual({
      storage: expect.stringMatching(/disk|memory/) as string,
    });
    const whole = Buffer.from(await (await ask("weight-file")).arrayBuffer());
    expect(whole.length).toBe(2 * MIB);
    const part = await ask("weight-file", "GET", { ...page, Range: "bytes=1000-1999" });
    expect(part.status).toBe(206);
    expect(Buffer.from(await part.arrayBuffer()).equals(whole.subarray(1000, 2000))).toBe(true);
    expect(await (await ask("weight-file/read?from=page-cache", "POST")).json()).toEqual({ seconds: expect.any(Number) as number });
  });

  it("is replaced by the next, so that there is never more than one", async () => {
    await ask("weight-file?bytes=4096", "POST");
    await ask("weight-file?bytes=8192", "POST");
    expect(left().length).toBe(1);
    expect((await (await ask("weight-file")).arrayBuffer()).byteLength).toBe(8192);
  });

  it.each([
    ["a range beyond its end", "weight-file", "GET", { ...page, Range: "bytes=8000-9000" }, 416],
    ["a size of no whole pages", "weight-file?bytes=5000", "POST", page, 400],
    ["no size", "weight-file", "POST", page, 400],
    ["more than the largest", `weight-file?bytes=${2 ** 44}`, "POST", page, 400],
    ["another site's page", "weight-file?bytes=4096", "POST", { "Sec-Fetch-Site": "cross-site" }, 403],
    ["nobody's page", "weight-file?bytes=4096", "POST", {}, 403],
    ["another path", "weight-files", "GET", page, 204],
  ])("answers %s as such", async (_, path, method, headers, status) => {
    expect((await ask(path, method, headers)).status).toBe(status);
  });

  it("is gone once deleted, and when the server closes", async () => {
    await ask("weight-file", "DELETE");
    expect(left()).toEqual([]);
    expect((await ask("weight-file")).status).toBe(404);
    await ask("weight-file?bytes=4096", "POST");
    route.close();
    expect(left()).toEqual([]);
  });
});

it.each([
  [undefined, [0, 99]],
  ["bytes=0-99", [0, 99]],
  ["bytes=10-10", [10, 10]],
  ["bytes=10-100", null],
  ["bytes=20-10", null],
  ["bytes=-10", null],
  ["chunks=1-2", null],
])("the range %j of 100 bytes is %j", (header, range) => {
  expect(rangeOrNull(header, 100)).toEqual(range);
});
