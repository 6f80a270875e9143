import { measurementsOf } from "../../calibration/measured.ts";
import type { Profile } from "../../profile/schema.ts";
import { arithmeticRate, bandwidth, count, duration, NONE, quantity, size } from "../../format.ts";
import { kernelShares } from "../../profile/roofline.ts";
import { fastestByShape, isRoof, kernelFigures, shapeName } from "../kernel-figures.ts";
import { aboveSentences, shareText } from "../roofline-text.ts";
import { conditionName } from "../runtime.ts";
import { deviceLines, leftOut, untimedVariants } from "../profile-text.ts";
import { outliersText, unmetList } from "../sampling-text.ts";
import type { Charts } from "./chart.ts";
import { machinePart } from "./machine-part.ts";
import { details, facts, html, type Html, items, part, table } from "./markup.ts";
import { matmulCharts, intervalText, attentionCharts, warmUpChart } from "./profile-charts.ts";
import { rooflineCharts } from "./roofline-chart.ts";
import { uploadCharts, uploadTables } from "./upload-section.ts";
import { tuningTable } from "./tuning-section.ts";
import { approachChart, warmUpTables } from "./warm-up-section.ts";

const kernelTable = (profile: Profile): Html => {
  const figures = kernelFigures(profile);
  const fastest = new Set(fastestByShape(figures));
  return table(
    "Kernels; the fastest variant of each shape is marked *",
    [
      { heading: "variant" },
      { heading: "shape" },
      { heading: "caches" },
      { heading: "time", isNumber: true },
      { heading: "95 % interval", isNumber: true },
      { heading: "samples", isNumber: true },
      { heading: "outliers", isNumber: true },
      { heading: "stopped by" },
      { heading: "arithmetic", isNumber: true },
      { heading: "memory", isNumber: true },
      { heading: "share of its roof (95 %)", isNumber: true },
      { heading: "bound by" },
    ],
    figures.map((figure) => {
      const { measurement, seconds, rate, share } = figure;
      return [
        `${measurement.variant}${fastest.has(figure) ? " *" : ""}`,
        shapeName(measurement.shape),
        measurement.cache,
        duration(seconds),
        intervalText(figure),
        `${count(measurement.timing.samples_s.length)} × ${count(measurement.timing.runs_per_sample)} runs`,
        outliersText(measurement),
        measurement.timing.stopping?.reason ?? NONE,
        rate === 0 ? NONE : arithmeticRate(rate),
        bandwidth(figure.bandwidth),
        share.kind === "judged" && !isRoof(figure) ? shareText(share) : NONE,
        isRoof(figure) ? "is a roof" : share.kind === "judged" ? share.binding : share.because,
      ];
    }),
  );
};

const environmentTable = ({ environment, started_at, ballast_version, runtime }: Profile): Html => {
  const { adapter, native } = environment;
  return table(
    "Environment",
    [{ heading: "what" }, { heading: "value" }],
    [
      ["measured", `${started_at}, Ballast ${ballast_version}, ${runtime}`],
      [runtime === "chrome" ? "browser" : "runtime", environment.browser],
      [
        "system",
        `${environment.os}; ${environment.cpu}, ${quantity(environment.cpu_cores, "core")}, ${size(environment.memory_bytes)}; Node ${environment.node}`,
      ],
      [
        "adapter",
        [adapter.vendor, adapter.architecture, adapter.device, adapter.description, adapter.type, adapter.backend, adapter.driver]
          .filter((word) => word !== "")
          .join(", "),
      ],
      [
        "the same GPU, natively",
        native === null ? "neither nvidia-smi nor system_profiler was there" : `${native.tool}: ${native.name}, driver ${native.driver}`,
      ],
      ["features", adapter.features.join(", ")],
      [
        "limits",
        Object.entries(adapter.limits)
          .map(([name, value]) => `${name} ${count(value)}`)
          .join(", "),
      ],
      ["launch flags", environment.launch_flags.join(" ")],
      ["Dawn toggles", environment.toggles.length === 0 ? "none" : environment.toggles.join(", ")],
    ],
  );
};

const clockSentence = (profile: Profile): string => {
  const kinds = new Set(measurementsOf(profile, "kernel").map(({ timing }) => timing.kind));
  return kinds.size === 0
    ? ""
    : kinds.has("wall-clock")
      ? "Kernels were timed by wall clock (no usable GPU timestamps), with the floor of a round trip taken out by slope."
      : "Kernels were timed by GPU timestamps.";
};

/** The device as it was measured: figures, pictures, and every number in tables. */
export const profileSection = (charts: Charts, profile: Profile): Html => {
  const kernels = kernelFigures(profile);
  const matmuls = matmulCharts(charts, profile);
  const attention = attentionCharts(charts, fastestByShape(kernels));
  const upload = uploadCharts(charts, profile);
  const warmUp = warmUpChart(charts, profile);
  const figures = (content: readonly Html[]): Html =>
    content.every(({ html: text }) => text === "") ? html`` : html`<div class="figures">${content}</div>`;
  return html`<section aria-labelledby="device">
    <h2 id="device">The device, measured</h2>
    <p>
      ${profile.device}, ${conditionName(profile)}${profile.is_quick ? ", quick" : ""}. ${clockSentence(profile)} Every variant passed
      against an f64 reference on this device before it was timed.
    </p>
    ${facts(deviceLines(profile))}
    <h3>Bringing weights to the GPU, and getting ready</h3>
    ${figures([upload, warmUp, approachChart(charts, profile)])}${uploadTables(profile)}${warmUpTables(profile)}${tuningTable(profile)}
    <h3>Kernels</h3>
    ${part("Faster than its roof, so a kernel or a roof is wrong", aboveSentences(kernelShares(profile)))}${figures([...rooflineCharts(charts, profile), ...matmuls, ...attention])}${details("Every kernel", kernelTable(profile))}${part("Less precise than asked for", unmetList(profile))}
    ${machinePart(profile)}${part("Not timed", untimedVariants(profile))}${part("Left out", leftOut(profile))}${part(
      "Flags that weaken the browser",
      profile.environment.weakening_flags.map(({ flag, what }) => `${flag}: ${what}`),
    )}${part("Other programs on this GPU", profile.environment.other_gpu_processes)}${
      profile.notes.length === 0
        ? html``
        : html`<h3>Notes on the measurement</h3>
            ${items(profile.notes)}`
    }
    ${details("Environment", environmentTable(profile))}
  </section> `;
};
