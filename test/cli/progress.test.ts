import { describe, expect, it } from "vitest";
import { progressLine } from "../../cli/progress.ts";
import { terminal } from "./terminal.ts";

const draw = (isTerminal: boolean, isQuiet = false) => {
  const { io, written } = terminal({ isTerminal });
  const progress = progressLine(io, isQuiet);
  for (const percent of [0, 4, 8, 12, 50, 55]) progress.show(percent / 100, `${percent} %`);
  progress.say("a note");
  progress.show(0.99, "99 %");
  progress.end();
  return written.err;
};

describe("progress", () => {
  it("is one redrawn line on a terminal; a note stays and the line goes at the end", () => {
    const screen = draw(true)
      .split("\n")
      .map((line) => line.split("\r\u001b[2K").at(-1));
    expect(screen).toEqual(["a note", ""]);
    expect(draw(true)).toContain("\r\u001b[2K55 %");
  });

  it("is a plain line at every tenth of the way elsewhere, without control characters", () => {
    expect(draw(false)).toBe("0 %\n12 %\n50 %\na note\n99 %\n");
  });

  it.each([true, false])("is quiet where that was asked for, notes aside (terminal: %s)", (isTerminal) => {
    expect(draw(isTerminal, true)).toBe("a note\n");
  });

  it("never wraps on a terminal of 80 columns", () => {
    const { io, written } = terminal({ isTerminal: true });
    progressLine(io, false).show(0, "x".repeat(200));
    expect(written.err.replace("\r\u001b[2K", "")).toHaveLength(79);
  });
});
