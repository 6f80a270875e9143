import { expect, it } from "vitest";
import { conversationWith, measuringOver } from "../../harness/driver/conversation.ts";
import type { JobResult, MeasuringPage, TimedJob } from "../../src/profile/jobs.ts";

const jobs = ["a", "b", "c"].map((id): TimedJob => ({ kind: "kernel", id, variant: id, shape: {}, cache: "hot" }));
const result: JobResult = { kind: "left-out", because: "a result" };

/** A page whose jobs are all told of, one after another, before the group is over. */
const page: Omit<MeasuringPage, "describe"> = {
  run: () => Promise.resolve(result),
  runTogether: async (group, _within, tell) => {
    for (const index of group.keys()) {
      await Promise.resolve();
      tell?.(index, result);
    }
    return group.map(() => result);
  },
};

it("a result that cannot be kept ends the group with the reason, and nothing after it is taken for kept", async () => {
  const heard: string[] = [];
  const { runTogether } = measuringOver(conversationWith("the page", undefined), page);
  const run = runTogether(jobs, { within: 10, silence: 10 }, ({ id }) => {
    heard.push(id);
    if (id === "b") throw new Error("the disk takes no more");
  });
  await expect(run).rejects.toThrow("the disk takes no more");
  expect(heard).toEqual(["a", "b"]);
});
