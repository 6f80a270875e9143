import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** As much of `nvidia-smi --help-query-gpu` as matters here. */
export const SMI_HELP = `
"uuid" or "gpu_uuid"
"memory.used"
"utilization.gpu"
"temperature.gpu"
"power.draw"
"power.draw.average"
"power.draw.instant"
"clocks.current.sm" or "clocks.sm"
"clocks.current.memory" or "clocks.mem"
"clocks.max.sm" or "clocks.max.sm"
Section about clocks_event_reasons properties
"clocks_event_reasons.active"
`;

/** As of a driver from before 535. */
export const SMI_HELP_OLD = `
"uuid" or "gpu_uuid"
"memory.used"
"utilization.gpu"
"temperature.gpu"
"power.draw"
"clocks.current.sm" or "clocks.sm"
"clocks_throttle_reasons.active"
`;

/** A program that speaks as nvidia-smi does, in a process of its own. */
export interface SmiProgram {
  readonly path: string;
  /** Where it lies: goes first on a PATH. */
  readonly folder: string;
  remove(): void;
}

/**
 * @param loop what its query does, as shell: `$PERIOD` is the time between samples in seconds, `line REASONS [GPU]` prints one line
 */
export const smiProgram = (loop: string): SmiProgram => {
  const folder = mkdtempSync(join(tmpdir(), "ballast-smi-"));
  const path = join(folder, "nvidia-smi");
  writeFileSync(
    path,
    `#!/bin/sh
case "$*" in
  *--help-query-gpu*) cat <<'END'
${SMI_HELP}
END
    exit 0;;
esac
PERIOD=0.05
line() { echo "\${2:-GPU-5f3a}, \${CLOCK:-1980}, 1980, 2619, \${POWER:-400}, 61, \${BUSY:-90}, 4096, $1"; }
${loop}
`,
  );
  chmodSync(path, 0o755);
  return { path, folder, remove: () => rmSync(folder, { recursive: true }) };
};
