import { median } from "simple-statistics";
import { NONE, significant } from "../../src/format.ts";
import { type Axis, labelWidth, logTicks } from "../../src/report/html/axes.ts";
import { chartsFor, figure, Plot, scaleOf, seriesColor, type SvgDocument } from "../../src/report/html/chart.ts";
import { html, type Html, items, table } from "../../src/report/html/markup.ts";
import { pageHtml } from "../../src/report/html/shell.ts";
import { DEFAULT, type PeersReport, type Race, TUNED } from "./contract.ts";
import { contestant, raceRatioOrNull, ratioOf, summaryOrNull } from "./ratios.ts";
import { overheadSentenceOrNull, peersNotes, ratioText } from "./text.ts";

const ROW = 22;

/** Every peer's ratio at every shape, one colour a peer, with its interval; the line at 1 is Ballast tuned. */
const ratioChart = (document: SvgDocument, { races, libraries }: PeersReport): Html => {
  const dots = races.flatMap((race) => {
    const ours = contestant(race, TUNED);
    return libraries.flatMap(({ name }, color) => {
      const peer = contestant(race, name);
      return ours === null || peer === null ? [] : [{ id: race.id, name, color, ...ratioOf(peer.samples_s, ours.samples_s) }];
    });
  });
  if (dots.length === 0) return html``;
  const ticks = logTicks(Math.min(1, ...dots.map(({ low }) => low)), Math.max(1, ...dots.map(({ high }) => high)));
  const x: Axis = {
    label: "time over Ballast's, tuned",
    isLog: true,
    domain: [ticks[0] ?? 0.1, ticks.at(-1) ?? 10],
    ticks,
    format: (ratio) => `${ratio}×`,
  };
  const shapes = races.map(({ id }) => id);
  return figure(
    chartsFor(document),
    {
      title: "Each peer's time beside Ballast's",
      caption: "Right of 1 Ballast is faster. Median over rounds with its 95 % interval.",
      description: `${shapes.length} shapes, one mark a peer: ${libraries.map(({ name }) => name).join(", ")}; ratios from ${Math.min(...dots.map(({ estimate }) => estimate)).toFixed(2)} to ${Math.max(...dots.map(({ estimate }) => estimate)).toFixed(2)}.`,
    },
    {
      height: 74 + ROW * shapes.length,
      marginLeft: Math.max(...shapes.map(labelWidth)) + 12,
      x: scaleOf(x),
      y: { type: "point", domain: shapes, axis: null, padding: 0.5 },
      marks: [
        Plot.axisX(ticks, { text: (tick: number) => x.format(tick), label: x.label, fontSize: 13 }),
        Plot.gridX(ticks),
        Plot.text(shapes, {
          text: (id: string) => id,
          y: (id: string) => id,
          frameAnchor: "left",
          textAnchor: "end",
          dx: -8,
          fontSize: 12,
        }),
        Plot.ruleX([1], { stroke: "currentColor" }),
        Plot.link(dots, { x1: "low", x2: "high", y1: "id", y2: "id", stroke: ({ color }: { color: number }) => seriesColor(color) }),
        Plot.dot(dots, { x: "estimate", y: "id", fill: ({ color }: { color: number }) => seriesColor(color), r: 3.5 }),
      ],
    },
    html`<ul class="legend">
      ${libraries.map(
        ({ name }, color) =>
          html`<li>
            ${{ html: `<svg width="14" height="12" viewBox="0 0 14 12" aria-hidden="true"><circle cx="7" cy="6" r="4" fill="${seriesColor(color)}"/></svg>` }}${name}
          </li>`,
      )}
    </ul> `,
  );
};

const milliseconds = (race: Race, name: string): string => {
  const found = contestant(race, name);
  return found === null ? NONE : significant(1000 * median(found.samples_s));
};

/** The peer table as one self-contained page: no script, no network. */
export const peersHtml = (report: PeersReport, document: SvgDocument): string => {
  const { device, browser, rounds, races, libraries, is_software } = report;
  const summary = summaryOrNull(races, TUNED);
  const overhead = overheadSentenceOrNull(report);
  const rows = races.map((race) => {
    const ratio = raceRatioOrNull(race, TUNED);
    return [
      race.id,
      milliseconds(race, DEFAULT),
      milliseconds(race, TUNED),
      contestant(race, TUNED)?.way ?? NONE,
      ...libraries.map(({ name }) => milliseconds(race, name)),
      ratio === null ? NONE : ratioText(ratio),
      ratio?.verdict ?? NONE,
    ];
  });
  const columns = [
    { heading: "shape" },
    { heading: "default, ms", isNumber: true },
    { heading: "tuned, ms", isNumber: true },
    { heading: "variant" },
    ...libraries.map(({ name }) => ({ heading: `${name}, ms`, isNumber: true })),
    { heading: "fastest peer / tuned", isNumber: true },
    { heading: "tuned is" },
  ];
  return pageHtml({
    kicker: "Ballast beside other WebGPU libraries",
    caveats: is_software ? ["A software adapter: this says how kernels run on a CPU, and nothing of a GPU."] : [],
    title:
      summary === null
        ? "Nothing was compared"
        : `The fastest peer takes ${summary.median.toFixed(2)} times as long in the median of ${summary.compared} shapes, and ${summary.worst.ratio.estimate.toFixed(2)} at worst`,
    sections: [
      [
        "ratios",
        "Ratios",
        html`<section aria-labelledby="ratios">
          <h2 id="ratios">Ratios</h2>
          <p>${device}, ${browser}: f32, ${rounds} interleaved rounds on one GPUDevice.</p>
          ${ratioChart(document, report)} ${table("Milliseconds a call", columns, rows)}
          ${overhead === null ? html`` : html`<p>${overhead}</p>`}
        </section>`,
      ],
      [
        "notes",
        "What stands behind it",
        html`<section aria-labelledby="notes">
          <h2 id="notes">What stands behind it</h2>
          ${peersNotes(report).map(([heading, lines]) =>
            lines.length === 0
              ? html``
              : html`<h3>${heading}</h3>
                  ${items(lines)}`,
          )}
        </section>`,
      ],
    ],
  });
};
