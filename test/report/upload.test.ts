import { ONE_PROCESS } from "../../src/profile/measurements/common.ts";
import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import type { Measurement, MeasurementOf } from "../../src/profile/schema.ts";
import { chartsFor } from "../../src/report/html/chart.ts";
import { uploadCharts, uploadTables } from "../../src/report/html/upload-section.ts";
import { PLAIN } from "../../src/report/layout.ts";
import { uploadLines } from "../../src/report/upload-text.ts";
import { profileOf } from "../calibration/synthetic.ts";

const MIB = 2 ** 20;
const steady = (seconds: number): number[] => Array.from({ length: 9 }, (_, i) => seconds * (1 + 0.001 * i));
const upload = (method: MeasurementOf<"upload">["method"], chunk: number, mebibytes: number, rate: number): Measurement => ({
  kind: "upload",
  id: `upload ${method} ${chunk} ${mebibytes}`,
  method,
  bytes: mebibytes * MIB,
  chunk_bytes: chunk * MIB,
  into_bytes: mebibytes * MIB,
  first_s: steady((mebibytes * MIB) / rate),
  repeated_s: mebibytes > 1000 ? [] : steady((mebibytes * MIB) / rate / 4),
  ...ONE_PROCESS,
  verified: true,
});
const pipeline: Measurement = {
  kind: "load-pipeline",
  id: "load-pipeline",
  method: "writeBuffer",
  chunk_bytes: 4 * MIB,
  bytes: 256 * MIB,
  storage: "disk",
  disk_s: [0.3],
  page_cache_s: [0.04],
  transfer_s: [0.5],
  upload_s: [0.2],
  pipelined: [{ total_s: 0.6, waiting_for_file_s: 0.45, handing_over_s: 0.09, waiting_for_gpu_s: 0.03 }],
  ...ONE_PROCESS,
  verified: true,
};
const memory: Measurement = {
  kind: "device-memory",
  id: "device-memory",
  held_bytes: 60 * 2 ** 30,
  ended: "out-of-memory",
  cap_bytes: 72 * 2 ** 30,
  cap_because: "nine tenths of the GPU's own memory as the browser tells it",
};
const whole = profileOf([
  upload("writeBuffer", 4, 256, 4e9),
  upload("writeBuffer", 16, 256, 3.99e9),
  upload("mappedAtCreation", 4, 256, 1e9),
  upload("writeBuffer", 4, 4096, 4.2e9),
  pipeline,
  memory,
]);

describe("weight load in a terminal", () => {
  it("names the best way, each other's share of it, the stages from disk, and what the device held", () => {
    expect(uploadLines(whole, PLAIN).join("\n")).toMatchInlineSnapshot(`
      "
        Uploads of 256 MiB, page to GPU, the best way first
          method             chunk  fresh buffers             95 % of it      again  of fastest
          writeBuffer        4 MiB      3.98 GB/s  3.97 GB/s – 4.00 GB/s  15.9 GB/s       100 %
          writeBuffer       16 MiB      3.97 GB/s  3.96 GB/s – 3.99 GB/s  15.9 GB/s     100 % =
          mappedAtCreation   4 MiB       996 MB/s    993 MB/s – 999 MB/s  3.98 GB/s        25 %
          Best: writeBuffer, chunks of 4 MiB, the fastest of all ways measured; the load curve is fitted to it. Ways
          marked = are not told from it by these samples.

        From disk to GPU, 256 MiB, writeBuffer, chunks of 4 MiB
          stage                                  alone       rate
          disk to server, past the page cache   300 ms   895 MB/s
          page cache to server                 40.0 ms  6.71 GB/s
          server to page, loopback              500 ms   537 MB/s
          page to GPU                           200 ms  1.34 GB/s
          page cache to GPU, streamed           600 ms   447 MB/s
          Of the streaming, the page waited 75 % for the file and 5.0 % for the GPU, and handed over for 15 %.
          Slowest stage by itself: server to page, loopback. The file had just been written, so it was streamed from
          the page cache.

        Device memory
          The device held 60 GiB of buffers at once and refused more (72 GiB would have been asked for: nine tenths
          of the GPU's own memory as the browser tells it)."
    `);
  });

  it("says that a file in memory was on no disk", () => {
    const lines = uploadLines(profileOf([{ ...pipeline, storage: "memory", disk_s: null }]), PLAIN).join("\n");
    expect(lines).toContain("The file lay in memory (tmpfs), not on a disk.");
    expect(lines).not.toContain("past the page cache");
  });

  it("is silent about what was not measured", () => {
    expect(uploadLines(profileOf([]), PLAIN)).toEqual([]);
  });
});

describe("weight load on a page", () => {
  const documentOf = (profile: typeof whole) => {
    const { document } = parseHTML("<!doctype html><html><body></body></html>");
    const { html } = uploadCharts(chartsFor(document), profile);
    return parseHTML(`<!doctype html><html><body>${html}${uploadTables(profile).html}</body></html>`).document;
  };

  it("draws rates by size and stages side by side, with the rate written on every bar", () => {
    const figures = [...documentOf(whole).querySelectorAll("figure")];
    expect(figures.map((figure) => figure.querySelector("figcaption strong")?.textContent)).toEqual([
      "Upload into fresh buffers",
      "Upload again into the same buffers",
      "From disk to GPU, stage by stage",
    ]);
    for (const stage of ["disk", "page cache", "transfer", "upload", "streamed", "537 MB/s"])
      expect(figures[2]!.textContent).toContain(stage);
  });

  it("has a row for every way and every stage", () => {
    const tables = [...documentOf(whole).querySelectorAll("table")].map((table) => table.querySelectorAll("tbody tr").length);
    expect(tables).toEqual([3, 5, 4]);
  });

  it("is empty where nothing was measured", () => {
    expect(documentOf(profileOf([])).querySelectorAll("figure, p").length).toBe(0);
  });
});
