import { describe, expect, it } from "vitest";
import { finish } from "../../cli/finish.ts";
import { startJournal } from "../../cli/journal.ts";
import type { Job, Stage } from "../../src/profile/jobs.ts";
import { UNKNOWN_MACHINE } from "../../src/profile/machine-state.ts";
import { profileSchema } from "../../src/profile/schema.ts";
import { openingOf } from "../profile/opening.ts";
import { freshFolder } from "./folder.ts";

const folder = freshFolder();
const clock = (id: string): Job => ({ kind: "clock", id });
const stages = (): readonly Stage[] => [() => [clock("first"), clock("second")], () => [clock("third")]];
const measurement = (id: string) => ({
  kind: "clock" as const,
  id,
  timestamp_tick_s: 1e-9,
  performance_now_step_s: 5e-6,
  empty_submit_s: [1e-4],
  small_submit_s: [2e-3],
});

describe("a stopped run that is finished", () => {
  const opening = openingOf({ started_at: "2026-11-24T10:00:00.000Z", notes: ["Through EGL."] });
  const stopped = () => {
    const journal = startJournal(folder.path, opening);
    journal.append("first", { kind: "measured", measurement: measurement("first") }, 3);
    journal.note("first: the page crashed");
    return journal;
  };

  it("is a profile of what was measured, naming what was not", async () => {
    const journal = stopped();
    journal.machine({ ...UNKNOWN_MACHINE, power_source: "mains" });
    const profile = await finish(journal.path, stages);
    expect(profileSchema.parse(profile)).toEqual(profile);
    expect(profile).toMatchObject({
      ...opening,
      machine: { power_source: "mains" },
      native_reference: null,
      measurements: [measurement("first")],
      left_out: [
        { id: "second", because: "the run was stopped before" },
        { id: "third", because: "the run was stopped before" },
      ],
      notes: ["Through EGL.", "first: the page crashed", "The run was stopped: this is what was measured until then, 1 measurement."],
    });
  });

  it("is planned from what was known when it began, wherever it is finished", async () => {
    const known = { ...measurement("known"), performance_now_step_s: 1 };
    const { path, append } = startJournal(folder.path, opening, [known]);
    append("rests on known", { kind: "measured", measurement: measurement("rests on known") }, 3);
    const planned: typeof stages = () => [({ measurements }) => measurements.map(({ id }) => clock(`rests on ${id}`))];
    expect((await finish(path, planned)).measurements.map(({ id }) => id)).toEqual(["known", "rests on known"]);
  });

  it("that holds what this Ballast would not measure is refused, so that nothing is dropped without a word", async () => {
    await expect(finish(stopped().path, () => [() => [clock("second")]])).rejects.toThrow(
      "holds 1 measurement that this Ballast would not make, first first. Finish it with the Ballast that measured it, 0.1.0.",
    );
  });

  it("of a killed run says that the state of the machine is not known", async () => {
    const { notes } = await finish(stopped().path, stages);
    expect(notes.at(-1)).toBe("It had no time to write down clocks, power and temperature.");
  });
});
