import { describe, expect, it } from "vitest";
import { peersHtml } from "../../../bench/peers/picture.ts";
import { DEFAULT, TUNED } from "../../../bench/peers/contract.ts";
import { peersText } from "../../../bench/peers/text.ts";
import { makeDocument } from "../../../cli/document.ts";
import { out, race, report, timed } from "./races.ts";

const whole = report([
  race("1×2048×2048", [
    timed(DEFAULT, "matmul/matvec-f32", [4, 4.1, 3.9, 4, 4.2, 3.8]),
    timed(TUNED, "matmul/registers-f32", [2, 2.1, 1.9, 2, 2.05, 1.95]),
    timed("jax-js", "jit(matmul(a, b))", [4, 4.1, 3.9, 4, 4.1, 3.9]),
    out("tfjs", "wrong: off by 1.0e+0 of Σ|a·b|"),
  ]),
  race("decode 1 at 128", [
    timed(DEFAULT, "attention-decode/split-f32", [8, 8, 8, 8, 8, 8]),
    timed(TUNED, "attention-decode/split-f32", [8, 8, 8, 8, 8, 8]),
    timed("jax-js", "jit(nn.dotProductAttention)", [6, 6.1, 5.9, 6, 6.2, 5.8]),
    out("tfjs", "one call takes 61.0 s: too long for 6 rounds"),
  ]),
]);

describe("the peer table", () => {
  it("as text", () => {
    expect(peersText(whole)).toMatchInlineSnapshot(`
      "SwiftShader (software), Chrome/156: f32, 6 interleaved rounds, milliseconds a call

        shape            default ms  tuned ms  variant    jax-js ms  tfjs ms  fastest peer / tuned  / default  tuned is
        1×2048×2048            4.00      2.00  registers       4.00    wrong     2.00 [1.95, 2.05]       1.00  FASTER than jax-js
        decode 1 at 128        8.00      8.00  split           6.00        –     0.75 [0.72, 0.77]       0.75  SLOWER than jax-js

        ballast (tuned): the fastest peer takes 1.38 times as long in the median of 2 shapes; at worst 0.75 [0.72,
        0.77], at decode 1 at 128. Slower with its whole interval at 1: decode 1 at 128.
        ballast (default): the fastest peer takes 0.88 times as long in the median of 2 shapes; at worst 0.75 [0.72,
        0.77], at decode 1 at 128. Slower with its whole interval at 1: decode 1 at 128.

      Largest error against the f64 reference
        - ballast (tuned): 2.0e-7 of Σ|a·b| at 1×2048×2048, 0.0040 of what f32 allows
        - jax-js: 2.0e-7 of Σ|a·b| at 1×2048×2048, 0.0040 of what f32 allows

      Libraries
        - jax-js 0.1.25: the page's device. Fastest ways: jit(matmul(a, b)) (1), jit(nn.dotProductAttention) (1)
        - tfjs 4.22.0: the page's device

      Not in the table
        - tfjs: wrong: off by 1.0e+0 of Σ|a·b| (1×2048×2048)
        - tfjs: one call takes 61.0 s: too long for 6 rounds (decode 1 at 128)
        - 2048×2048×2048 was not raced: no answer from the page in 900 s
      "
    `);
  });

  it("names the shapes that the summary lacks because Ballast was not timed there", () => {
    const lost = race("16×2048×2048", [
      out(TUNED, "wrong: …"),
      timed(DEFAULT, "v", [1, 1, 1, 1, 1, 1]),
      timed("tfjs", "y", [2, 2, 2, 2, 2, 2]),
    ]);
    const words = (races: Parameters<typeof report>[0]) => peersText(report(races)).replaceAll(/\s+/g, " ");
    expect(words([...whole.races, lost])).toContain("Not among them, because it was wrong or too slow: 1, 16×2048×2048.");
    expect(words([lost])).toContain("ballast (tuned): compared at no shape. Not among them");
    expect(words(whole.races)).not.toContain("Not among them");
  });

  it("says what a call costs by itself", () => {
    const overhead = race("1×4×4", [timed(TUNED, "v", [0.01, 0.01, 0.01]), timed("jax-js", "x", [0.2, 0.2, 0.2]), out("tfjs", "no")]);
    expect(peersText({ ...whole, overhead }).replaceAll(/\s+/g, " ")).toContain(
      "A call on 1×4×4, which computes next to nothing, takes in milliseconds: ballast (tuned) 0.0100, jax-js 0.200. A row near these",
    );
  });

  it("with nothing raced says why", () => {
    expect(peersText(report([]))).toContain("2048×2048×2048 was not raced: no answer from the page in 900 s");
  });

  it("as a page: one mark a timed peer and shape, no script, no address", () => {
    const page = peersHtml(whole, makeDocument());
    expect(page).toContain("<title>The fastest peer takes 1.38 times as long in the median of 2 shapes, and 0.75 at worst</title>");
    expect(page.match(/aria-label="dot".*?<\/g>/s)?.[0].match(/<circle/g)).toHaveLength(2);
    expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
    expect(peersHtml(whole, makeDocument())).toBe(page);
  });
});
