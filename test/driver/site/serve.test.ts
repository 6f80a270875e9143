import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { serveSite } from "../../../harness/driver/site/serve.ts";

const page = join(import.meta.dirname, "..", "fixtures", "faults");

describe("the page's server", () => {
  const empty = mkdtempSync(join(tmpdir(), "ballast-test-"));
  afterAll(() => rmSync(empty, { recursive: true }));

  it("isolates the page, so that its clock is fine", async () => {
    const site = await serveSite(page);
    const response = await fetch(site.url);
    expect(response.status).toBe(200);
    expect(response.headers.get("Cross-Origin-Opener-Policy")).toBe("same-origin");
    expect(response.headers.get("Cross-Origin-Embedder-Policy")).toBe("require-corp");
    await site.close();
  });

  it("listens on loopback only, each on a free port of its own", async () => {
    const sites = await Promise.all([serveSite(page), serveSite(page), serveSite(page)]);
    const urls = sites.map(({ url }) => new URL(url));
    expect(urls.every(({ hostname }) => hostname === "127.0.0.1")).toBe(true);
    expect(new Set(urls.map(({ port }) => port)).size).toBe(3);
    await Promise.all(sites.map((site) => site.close()));
  });

  it("answers 404 for what is not there, and nothing after it is closed", async () => {
    const site = await serveSite(page);
    expect((await fetch(`${site.url}absent`)).status).toBe(404);
    await site.close();
    await expect(fetch(site.url)).rejects.toThrow("fetch failed");
  });

  it("names a folder without a page", async () => {
    const missing = await serveSite(empty).catch((error: Error) => error.message.replace(empty, "<folder>"));
    expect(missing).toMatchInlineSnapshot(`"<folder>: expected the built measuring page there, found none. Run \`npm run build\`."`);
  });
});
