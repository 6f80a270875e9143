import { measuringPage } from "../../measure/measuring-page.ts";
import type { DawnStart } from "../messages.ts";
import { gpuOf, listAdapters, listedOrNull, type DawnPackage } from "./adapters.ts";
import { answerQuestions } from "./answering.ts";

/** The program that holds Dawn, in a process of its own: what ends Dawn, or hangs in it, leaves the driver alive. */
const start = JSON.parse(process.argv[2] ?? "") as DawnStart;
const dawn = (await import(start.package)) as DawnPackage;
Object.assign(globalThis, dawn.globals);

const page = measuringPage(gpuOf(dawn, start.options));

answerQuestions({
  ...page,
  describe: async () => {
    const description = await page.describe();
    if (description.kind !== "adapter") return description;
    // A browser calls the GPU by its name in `description`; Dawn in Node says the driver there, and no backend. Listing loads the
    // driver, so it comes after the adapter was asked for, which is timed.
    const { adapter } = description;
    const found = listedOrNull(adapter, await listAdapters(dawn, start.options));
    return {
      kind: "adapter",
      adapter: { ...adapter, description: found?.name ?? adapter.device, driver: adapter.description, backend: found?.backend ?? "" },
    };
  },
});
