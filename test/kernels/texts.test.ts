import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { findDawnOrNull } from "../../harness/dawn/dawn-package.ts";
import { variants } from "../../kernels/index.ts";

/**
 * Every text through Dawn's own WGSL front end, on its backend that runs nothing: it has f16 and subgroups, which a software adapter may
 * lack, so that a text which no machine here can run is at least known to be one. In a process of its own, as Dawn is anywhere.
 */
const CHILD = `
import { create, globals } from "webgpu";
Object.assign(globalThis, globals);
let input = "";
for await (const part of process.stdin) input += part;
// Dawn ends the process if what it gave is collected while it works: all of it is kept.
const kept = (globalThis.kept = {});
kept.gpu = create(["backend=null", "enable-dawn-features=allow_unsafe_apis"]);
const adapter = (kept.adapter = await kept.gpu.requestAdapter());
const features = ["shader-f16", "subgroups"];
const device = (kept.device = await adapter.requestDevice({ requiredFeatures: features.filter((feature) => adapter.features.has(feature)) }));
const refused = [];
for (const [id, code] of JSON.parse(input)) {
  device.pushErrorScope("validation");
  const { messages } = await device.createShaderModule({ code }).getCompilationInfo();
  await device.popErrorScope();
  for (const { type, message, lineNum } of messages) {
    if (type === "error") refused.push(id + ": " + message + " at " + code.split("\\n")[lineNum - 1]);
  }
}
process.stdout.write(JSON.stringify({ hasF16: adapter.features.has("shader-f16"), refused }), () => process.exit(0));
`;

const texts = new Map(
  variants.flatMap(({ id, verificationShapes, run }) =>
    verificationShapes.flatMap((shape) => run(shape).dispatches.map(({ wgsl }) => [wgsl, id] as const)),
  ),
);

const compile = (
  of: readonly (readonly [id: string, code: string])[],
): { readonly hasF16: boolean; readonly refused: readonly string[] } => {
  const { stdout, stderr, status, signal, error } = spawnSync(process.execPath, ["--input-type=module", "-e", CHILD], {
    cwd: new URL("../..", import.meta.url),
    input: JSON.stringify(of),
    encoding: "utf8",
  });
  if (stdout === "") throw error ?? new Error(`Dawn ended with ${signal ?? status}: ${stderr}`);
  return JSON.parse(stdout) as ReturnType<typeof compile>;
};

it.skipIf(findDawnOrNull() === null)("every text of every variant is WGSL, f16 included; a text with a fault is refused", () => {
  expect(compile([...texts].map(([wgsl, id]) => [id, wgsl]))).toEqual({ hasF16: true, refused: [] });
  expect(compile([["broken", "fn f() -> f32 { return 1u; }"]]).refused).toHaveLength(1);
});
