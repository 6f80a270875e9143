import { Command } from "commander";
import { variants } from "../../kernels/index.ts";
import type { Dispatch, KernelVariant, Shape } from "../../kernels/kernel.ts";
import { InputError } from "../../src/errors.ts";
import { quantity } from "../../src/format.ts";
import { left, PLAIN, table, text } from "../../src/report/layout.ts";
import type { Io } from "../io.ts";
import { nearest } from "../nearest.ts";

const families = (): string[] => [...new Set(variants.map(({ family }) => family))];

/** The variants of a family, all of them without one. @throws InputError where there is no such family */
const chosen = (family: string | undefined): readonly KernelVariant[] => {
  if (family === undefined) return variants;
  const own = variants.filter((variant) => variant.family === family);
  if (own.length > 0) return own;
  throw new InputError("--family", `no kernel family is named ${JSON.stringify(family)}`, `There are: ${families().join(", ")}.`);
};

interface ListOptions {
  readonly family?: string;
  readonly json?: true;
}

const list = (io: Io, { family, json }: ListOptions): void => {
  const found = chosen(family);
  if (json) {
    const rows = found.map(({ id, family: own, dtype, needs, summary, version }) => ({ id, family: own, dtype, needs, summary, version }));
    io.out(`${JSON.stringify(rows, null, 1)}\n`);
    return;
  }
  io.out(
    text([
      ...table(
        [left("id"), left("dtype"), left("needs"), left("what it does")],
        found.map(({ id, dtype, needs, summary }) => [id, dtype, needs.join(", "), summary]),
        PLAIN,
        "",
      ),
      "",
      `${quantity(found.length, "variant")}. The text of one: npx ballast kernels show <id>`,
    ]),
  );
};

/** @throws InputError where there is no such variant, with those it may be */
const variantNamed = (id: string): KernelVariant => {
  const found = variants.find((variant) => variant.id === id);
  if (found !== undefined) return found;
  const likely = nearest(
    id,
    variants.map((variant) => variant.id),
  );
  throw new InputError(
    "kernels show",
    `no kernel variant is named ${JSON.stringify(id)}`,
    likely.length === 0 ? "All of them: npx ballast kernels list" : `Did you mean ${likely.join(" or ")}?`,
  );
};

/** `m=16,n=2048,k=2048`. @throws InputError for anything else */
export const parseShape = (given: string): Shape =>
  Object.fromEntries(
    given.split(",").map((part) => {
      const [, name, size] = /^\s*([a-z_]+)\s*=\s*(\d+)\s*$/.exec(part) ?? [];
      if (name === undefined || size === undefined) {
        throw new InputError(
          "--shape",
          `expected sizes such as m=16,n=2048,k=2048, got ${JSON.stringify(given)}`,
          "Write each as name=size.",
        );
      }
      return [name, Number(size)];
    }),
  );

const shapeText = (shape: Shape): string =>
  Object.entries(shape)
    .map(([name, size]) => `${name}=${size}`)
    .join(",");

const runOf = (variant: KernelVariant, shape: Shape) => {
  try {
    return variant.run(shape);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const [example = {}] = variant.verificationShapes;
    throw new InputError("--shape", error.message, `One of its shapes: --shape ${shapeText(example)}`);
  }
};

/** What a dispatch is given, as comments of the WGSL that follows. */
const dispatchText = ({ label, entryPoint, params, bindings, workgroups, wgsl }: Dispatch, place: string): string => {
  const uniform = params === undefined ? [] : [`//   0  uniform params: ${params.join(", ")}`];
  return [
    `// ${place}: ${label}`,
    `// ${entryPoint}, ${workgroups.join(" × ")} workgroups; bindings at group 0:`,
    ...uniform,
    ...bindings.map(({ buffer, access }, i) => `//   ${i + uniform.length}  ${access} ${buffer}`),
    "",
    wgsl.trimEnd(),
    "",
  ].join("\n");
};

interface ShowOptions {
  readonly shape?: Shape;
}

const show = (io: Io, id: string, { shape }: ShowOptions): void => {
  const variant = variantNamed(id);
  const used = shape ?? variant.verificationShapes[0] ?? {};
  const { dispatches, buffers } = runOf(variant, used);
  const needs = variant.needs.length === 0 ? "" : `; needs ${variant.needs.join(", ")}`;
  io.out(
    [
      `// ${variant.id}, version ${variant.version}: ${variant.summary}${needs}`,
      `// shape ${shapeText(used)}; buffers: ${buffers.map(({ name, type, length }) => `${name} ${length} ${type}`).join(", ")}`,
      "",
      ...dispatches.map((dispatch, i) => dispatchText(dispatch, `dispatch ${i + 1} of ${dispatches.length}`)),
    ].join("\n"),
  );
};

/** `ballast kernels`: what runs on the GPU, as a list and as the text it is. */
export const kernelsCommand = (io: Io): Command => {
  const command = new Command("kernels").description("List the kernels that bench measures, and show the WGSL of any of them.");
  command
    .command("list", { isDefault: true })
    .description("Every variant: its element type, the features it needs, what it does.")
    .option("--family <name>", "only the variants that compute the same thing: matmul, attention-decode, …")
    .option("--json", "print them as JSON")
    .action((options: ListOptions) => list(io, options));
  command
    .command("show")
    .description("The WGSL of a variant's dispatches, with what each is given.")
    .argument("<id>", "as `kernels list` names it")
    .option("--shape <sizes>", "sizes such as m=16,n=2048,k=2048 (default: the first shape that it is verified at)", parseShape)
    .action((id: string, options: ShowOptions) => show(io, id, options));
  return command;
};
