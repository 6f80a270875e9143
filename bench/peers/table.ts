import { variantById } from "../../kernels/index.ts";
import { machineFacts } from "../../harness/driver/host.ts";
import { ballastVersion } from "../../cli/project.ts";
import type { Condition } from "../../src/profile/schema.ts";
import { DEFAULT, type PeerTable, PEERS_SCHEMA, TUNED } from "../../src/report/peers-schema.ts";
import type { Entry } from "./contract.ts";
import type { Course } from "./course.ts";
import type { CourseKey, CoursePlan } from "./journal.ts";
import { TINY } from "./shapes.ts";

export interface TableParts {
  readonly course: Pick<Course, "adapter" | "verdict" | "browser">;
  readonly condition: Condition;
  readonly plan: CoursePlan;
  readonly versions: CourseKey["libraries"];
  readonly startedAt: string;
  readonly endedAt: string;
  readonly entries: readonly Entry[];
}

/** The table of what was raced, rows in the order of the plan whatever the order they were raced in. */
export const tableOf = ({ course, condition, plan, versions, startedAt, endedAt, entries }: TableParts): PeerTable => {
  const answers = entries.filter((entry) => "race" in entry);
  const all = answers.map(({ race }) => race);
  const ours = new Set(
    all.flatMap(({ contestants }) =>
      contestants.flatMap(({ name, way }) => ((name === TUNED || name === DEFAULT) && way !== null ? [way] : [])),
    ),
  );
  const { os, cpu, cpu_cores, memory_bytes, node } = machineFacts();
  const { vendor, architecture, device, description, driver } = course.adapter;
  return {
    schema: PEERS_SCHEMA,
    device: course.verdict.device,
    is_gpu: course.verdict.isGpu,
    condition,
    ballast_version: ballastVersion,
    started_at: startedAt,
    ended_at: endedAt,
    environment: {
      os,
      cpu,
      cpu_cores,
      memory_bytes,
      node,
      browser: course.browser,
      adapter: { vendor, architecture, device, description, driver },
    },
    selection: plan.selection,
    rounds: plan.rounds,
    libraries: (answers.at(-1)?.libraries ?? []).map(({ name, device }) => ({ name, version: versions[name] ?? "unknown", device })),
    kernels: Object.fromEntries([...ours].sort().map((id) => [id, variantById(id).version])),
    overhead: all.find(({ id }) => id === TINY.name) ?? null,
    races: plan.shapes.flatMap((name) => all.find(({ id }) => id === name) ?? []),
    left_out: entries.flatMap((entry) => ("left_out" in entry ? [entry.left_out] : [])),
  };
};
