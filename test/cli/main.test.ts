import { describe, expect, it } from "vitest";
import { main } from "../../cli/main.ts";
import { terminal } from "./terminal.ts";

const run = async (...args: string[]) => {
  const { io, written } = terminal();
  return { code: await main(args, io), ...written };
};

describe("the ballast command", () => {
  it("suggests the command that was meant", async () => {
    expect(await run("bnch")).toMatchInlineSnapshot(`
      {
        "code": 1,
        "err": "error: unknown command 'bnch'
      (Did you mean bench?)
      (add --help for the options)
      ",
        "out": "",
      }
    `);
  });

  it("prints its version, and its help on stdout", async () => {
    expect(await run("--version")).toMatchObject({ code: 0, out: "0.1.0\n", err: "" });
    const help = await run("bench", "--help");
    expect(help).toMatchObject({ code: 0, err: "" });
    expect(help.out).toContain("--budget <seconds>");
  });

  it.each([
    ["a budget that is no number", ["bench", "--budget", "soon"], "Expected a number above 0."],
    ["a budget of nothing", ["bench", "--budget", "0"], "Expected a number above 0."],
    ["a condition that there is not", ["bench", "--condition", "fast"], "Allowed choices are web, native-like."],
    ["a GPU and software at once", ["bench", "--gpu", "H200", "--software"], "cannot be used with option '--software'"],
  ])("refuses %s", async (_, args, message) => {
    const { code, err } = await run(...args);
    expect(code).toBe(1);
    expect(err).toContain(message);
  });
});
