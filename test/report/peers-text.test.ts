import { describe, expect, it } from "vitest";
import { type PeerTable, DEFAULT, TUNED } from "../../src/report/peers-schema.ts";
import { peersText } from "../../src/report/peers-text.ts";
import { out, peerTable, race, timed, wonAndLost } from "./peers-samples.ts";

const whole = peerTable(wonAndLost);

describe("the peer table", () => {
  it("as text", () => {
    expect(peersText(whole)).toMatchInlineSnapshot(`
      "SwiftShader (software) on Example CPU, 2 cores, Debian 13, Linux 6.12; Chrome/156.0.0.0, the browser's own
      defaults: f32, 6 interleaved rounds. Milliseconds a call.

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
    const words = (races: PeerTable["races"]) => peersText(peerTable(races)).replaceAll(/\s+/g, " ");
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
    expect(peersText(peerTable([]))).toContain("2048×2048×2048 was not raced: no answer from the page in 900 s");
    const because = "the time budget had ended";
    const unreached = peerTable([], { left_out: ["decode 1 at 128", "decode 1 at 512"].map((id) => ({ id, because })) });
    expect(peersText(unreached)).toContain(`decode 1 at 128, decode 1 at 512 were not raced: ${because}`);
  });
});
