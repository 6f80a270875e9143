/**
 * The page's own style: light and dark by the reader's setting, one column on a phone, ink on paper in print. Series colours are
 * told apart by people with any colour vision (after Okabe and Ito), and every series has a mark of its own besides.
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1a1d21; --faint: #5a626c; --rule: #d8dce1; --panel: #f5f6f8; --link: #0b57a4; --shade: rgb(0 0 0 / 0.25);
  --warn-paper: #fff4d6; --warn-ink: #5f4300; --good: #0b6b4b; --bad: #b02a1a;
  --series-1: #0072b2; --series-2: #c65100; --series-3: #00805c; --series-4: #b0548a; --series-5: #6d5fb0; --series-6: #7a6a00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --ink: #e8eaed; --faint: #a5adb7; --rule: #3a4149; --panel: #1d2126; --link: #7cc0ff; --shade: rgb(255 255 255 / 0.3);
    --warn-paper: #3d3110; --warn-ink: #ffe3a1; --good: #5fd3a6; --bad: #ff9a85;
    --series-1: #56b4e9; --series-2: #ff9a4d; --series-3: #35c79a; --series-4: #f09ac8; --series-5: #b3a7f5; --series-6: #e6d24a;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 72rem; padding: 1.25rem 1rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; overflow-wrap: break-word; }
h1 { font-size: clamp(1.35rem, 1rem + 2vw, 2rem); line-height: 1.25; margin: 0.5rem 0 0.75rem; max-width: 52rem; text-wrap: balance; }
h2 { font-size: 1.35rem; margin: 2.75rem 0 0.5rem; padding-top: 0.75rem; border-top: 2px solid var(--ink); }
h3 { font-size: 1.05rem; margin: 1.75rem 0 0.4rem; }
p, ul, dl { margin: 0.5rem 0; max-width: 48rem; }
p, li { text-wrap: pretty; }
ul { padding-left: 1.25rem; }
a { color: var(--link); }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
main:focus { outline: none; }
.skip { position: absolute; left: 1rem; top: -4rem; padding: 0.5rem 1rem; background: var(--paper); }
.skip:focus { top: 0.5rem; }
code, pre { font: 0.9em/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { background: var(--panel); padding: 0.75rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.kicker { color: var(--faint); margin: 0; }
.faint { color: var(--faint); }
.one { white-space: nowrap; }
.interval { display: block; font-weight: 400; font-size: 0.9em; }
.caveat { background: var(--warn-paper); color: var(--warn-ink); padding: 0.6rem 0.9rem; border-left: 4px solid currentColor; }
.good { color: var(--good); font-weight: 600; } .bad { color: var(--bad); font-weight: 600; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; list-style: none; padding: 0; }
nav a { display: inline-block; padding: 0.2rem 0; }
.facts { display: grid; gap: 0.6rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr)); max-width: none; }
.facts dt { color: var(--faint); font-size: 0.9rem; }
.facts dd { margin: 0; } .facts strong { font-size: 1.2rem; display: block; line-height: 1.3; } .facts dd > span { font-size: 0.9rem; }
.figures { display: grid; gap: 1.5rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); margin: 1rem 0; align-items: start; }
figure { margin: 0; max-width: 34rem; break-inside: avoid; }
figcaption { margin-bottom: 0.35rem; } figcaption strong { display: block; } figcaption > span { color: var(--faint); font-size: 0.9rem; }
figure svg.plot { display: block; width: 100%; height: auto; overflow: visible; }
.plot text { white-space: pre; font-variant-numeric: tabular-nums; }
.legend { display: flex; flex-wrap: wrap; gap: 0.1rem 1rem; list-style: none; padding: 0; margin: 0 0 0.35rem; font-size: 0.9rem; }
.legend svg { vertical-align: -0.15em; margin-right: 0.35rem; }
/* A shade at the side where more of the table lies: the paper-coloured covers move with it, the shades do not. */
.scroll { overflow-x: auto; margin: 0.75rem 0; width: fit-content; max-width: 100%;
  background: linear-gradient(to right, var(--paper) 30%, transparent) left / 2.5rem 100% no-repeat local,
    linear-gradient(to left, var(--paper) 30%, transparent) right / 2.5rem 100% no-repeat local,
    linear-gradient(to right, var(--shade), transparent) left / 0.75rem 100% no-repeat scroll,
    linear-gradient(to left, var(--shade), transparent) right / 0.75rem 100% no-repeat scroll; }
table { border-collapse: collapse; font-size: 0.93rem; }
caption { text-align: left; font-weight: 600; padding-bottom: 0.35rem; position: sticky; left: 0; max-width: min(48rem, calc(100vw - 2rem)); }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 1rem 0.3rem 0; border-bottom: 1px solid var(--rule); }
th:last-child, td:last-child { padding-right: 0.5rem; }
thead th { color: var(--faint); font-weight: 500; vertical-align: bottom; } tbody th { font-weight: 500; min-width: 7.5rem; }
td { min-width: 3rem; } td:not(.number) { min-width: 8rem; overflow-wrap: anywhere; }
td code { white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; } td.number { white-space: nowrap; }
footer { margin-top: 3rem; border-top: 1px solid var(--rule); color: var(--faint); font-size: 0.9rem; }
footer ul { padding-left: 1.25rem; max-width: none; } footer code { overflow-wrap: anywhere; }
details { margin: 0.75rem 0; } summary { cursor: pointer; color: var(--link); padding: 0.2rem 0; }
@media print {
  @page { margin: 14mm; }
  :root { color-scheme: light; --paper: #fff; --ink: #000; --faint: #444; --rule: #bbb; --panel: #fff; --link: #000; --warn-paper: #fff; --warn-ink: #000;
    --series-1: #0072b2; --series-2: #c65100; --series-3: #00805c; --series-4: #b0548a; --series-5: #6d5fb0; --series-6: #7a6a00; --good: #000; --bad: #000; }
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  h1 { font-size: 16pt; } h2 { font-size: 13pt; margin-top: 1.5rem; } h3 { font-size: 11pt; margin-top: 1rem; }
  p, ul, dl { max-width: none; }
  nav, .skip { display: none; }
  .caveat { border: 1px solid; border-left-width: 4px; }
  .figures { grid-template-columns: 1fr 1fr; gap: 0.75rem 1.5rem; } figure svg.plot { max-height: 50mm; }
  figcaption, .legend, figcaption > span { font-size: 8pt; line-height: 1.3; }
  .scroll { overflow: visible; background: none; } section > .scroll { break-inside: avoid; }
  table { font-size: 7.5pt; } th, td { padding-right: 0.4rem; } tbody th, td, td:not(.number) { min-width: 0; } td.number { white-space: normal; }
  td:not(.number) { min-width: 3rem; } td:not(.number, :last-child) { overflow-wrap: break-word; }
  caption { position: static; max-width: none; }
  pre { padding: 0; } td code { white-space: normal; overflow-wrap: anywhere; }
  details.short::details-content { content-visibility: visible; display: block; height: auto; }
  details.short > summary { list-style: none; color: inherit; font-weight: 600; }
  details.long:not([open]) > summary::after { content: " (long: open it before printing to have it on paper)"; color: var(--faint); }
  h2, h3, summary, caption, figcaption { break-after: avoid; } tr, .facts > div { break-inside: avoid; } thead { display: table-header-group; }
}
`;
