// Judges every kernel variant against its f64 reference on Dawn in Node: node tools/rehearsal/verify.mjs [PATTERN] [web|native-like].
//
// f16 too, which a bench leaves alone on a software adapter; and where the driver's matrix units are of another size than a GPU's, the same
// kernels written for those. A line for each variant, with the largest error as a share of its bound; ends with 1 where one is wrong.
import { ensureBuilt, root } from "../build.mjs";

ensureBuilt();
const built = (path) => import(new URL(`dist/${path}`, `file://${root}/`).href);
const { variants, variantsOnUnits } = await built("kernels/index.js");
const { matrixUnits, openGpuOrNull } = await built("harness/measure/gpu.js");
const { verifyVariant } = await built("harness/measure/verify.js");
const { dawnToggles } = await built("harness/driver/browser/launch-flags.js");
const { findDawn } = await built("harness/dawn/dawn-package.js");

const [pattern = "", condition = "web"] = process.argv.slice(2);
const { create, globals } = await import(findDawn().url);
Object.assign(globalThis, globals);
const { enabled, disabled } = dawnToggles(true, condition);
const gpu = create(["backend=vulkan", `enable-dawn-features=${enabled.join(",")}`, `disable-dawn-features=${disabled.join(",")}`]);
const opened = await openGpuOrNull(gpu);
if (opened === null) throw new Error("no Vulkan driver gave a WebGPU adapter: see README.md beside this file");
const { device } = opened;
const { info } = opened.adapter;
console.log(`${info.vendor}, ${info.description}, subgroups of ${info.subgroupMinSize} to ${info.subgroupMaxSize}, ${condition}`);

const sides = (matrixUnits(info) ?? [])
  .filter(({ m, n, k, component, result }) => m === n && n === k && component === "f16" && result === "f32")
  .map(({ m }) => m);
const isAsOnGpus = sides.includes(16) && info.subgroupMaxSize === 32;
const others = isAsOnGpus ? [] : sides.flatMap((side) => variantsOnUnits({ side, subgroup: info.subgroupMaxSize }));
const chosen = [...variants.filter(({ matrix }) => matrix === undefined || others.length === 0), ...others].filter(({ id }) =>
  id.includes(pattern),
);

const counts = new Map();
for (const variant of chosen) {
  const verification = await verifyVariant(device, variant, info);
  const { kind } = verification;
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const units = variant.matrix === undefined ? "" : ` on units of ${variant.matrix.m}`;
  console.log(
    `${kind} ${variant.id}${units}: ${kind === "passed" ? verification.worst_share_of_bound.toPrecision(3) : verification.because}`,
  );
}
console.log([...counts].map(([kind, count]) => `${count} ${kind}`).join(", "));
process.exit(counts.has("failed") ? 1 : 0); // Dawn keeps the process alive
