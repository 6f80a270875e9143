import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findBrowserOrNull } from "../../harness/driver/browser/find-browser.ts";
import { fileProbe } from "../../harness/driver/browser/file-probe.ts";
import { launchHost, searchPlaces } from "../../harness/driver/host.ts";
import { launchLine } from "../../harness/driver/browser/launch-flags.ts";
import { serveSite, type Site } from "../../harness/driver/site/serve.ts";
import { openSession } from "../../harness/driver/browser/browser-session.ts";
import type { Session } from "../../harness/driver/session.ts";
import { variants } from "../../kernels/index.ts";

/** Compiling and running all of a variant's shapes on two busy cores. */
const LIMIT_S = 120;

let site: Site;
let session: Session;
let features: readonly string[];

beforeAll(async () => {
  site = await serveSite(fileURLToPath(new URL("../../dist/site", import.meta.url)));
  const browser = findBrowserOrNull(await searchPlaces(process.env, undefined), fileProbe);
  if (browser === null) throw new Error("no browser: `npm run doctor` says how to get one");
  session = await openSession({ browser, line: launchLine("software", "web", launchHost()), url: site.url });
  const description = await session.describe();
  if (description.kind !== "adapter") throw new Error(`no software adapter: ${description.kind}`);
  features = description.adapter.features;
});

afterAll(async () => {
  await session?.close();
  await site?.close();
});

it.each(variants.map((variant) => [variant.id, variant] as const))(
  "%s is right on the software adapter, or lacks a feature",
  async (id, variant) => {
    const outcome = await session.run({ kind: "verify", id: `verify/${id}`, variant: id }, LIMIT_S);
    const missing = variant.needs.filter((feature) => !features.includes(feature));
    const verification = missing.length === 0 ? { kind: "passed", shapes: variant.verificationShapes.length } : { kind: "unverified" };
    expect(outcome).toMatchObject({ kind: "verified", verification: { ...verification, variant: id } });
  },
);
