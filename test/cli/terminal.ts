import type { Io } from "../../cli/io.ts";

/** A terminal that remembers what was written to it. */
export const terminal = (fields: Partial<Io> = {}) => {
  const written = { out: "", err: "" };
  const io: Io = {
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
    isTerminal: false,
    env: { PATH: process.env["PATH"] },
    cwd: process.cwd(),
    ...fields,
  };
  return { io, written };
};
