import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Folders of `src/` in the one order that imports may follow; files directly in `src/` come before all of them, but for lists of schemas and of what the library has. */
const ORDER = [
  "stats",
  "model",
  "profile",
  "calibration",
  "traffic",
  "sim",
  "replica",
  "autoscaler",
  "fleet",
  "scenario",
  "validation",
  "manifests",
  "sweep",
  "plan",
  "compare",
  "experiments",
  "report",
];

const LISTS: ReadonlySet<string> = new Set(["src/published-schemas.ts", "src/index.ts"]);

const sourceFiles = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));

const importsOf = (file: string): string[] =>
  [...readFileSync(join(root, file), "utf8").matchAll(/(?:from|import)\s+"(\.[^"]+)"/g)].map(([, path]) =>
    relative(root, join(root, dirname(file), path ?? "")),
  );

const rankOf = (file: string): number => {
  const [, folder] = file.split("/");
  return folder === undefined || folder.endsWith(".ts") ? -1 : ORDER.indexOf(folder);
};

it("knows every folder of src/", () => {
  const folders = readdirSync(join(root, "src"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name).sort()).toEqual([...ORDER].sort());
});

it("is the list that CONTRIBUTING.md has, behind files of src/ itself", () => {
  const [, list = ""] = /run down this list: `([^`]+)`/u.exec(readFileSync(join(root, "CONTRIBUTING.md"), "utf8")) ?? [];
  expect(list.split(", ")).toEqual(["units", "math", ...ORDER]);
});

it("imports inside src/ run down the list of its folders", () => {
  const uphill = sourceFiles("src").flatMap((file) =>
    importsOf(file)
      .filter((imported) => !LISTS.has(file) && imported.startsWith("src/") && rankOf(imported) > rankOf(file))
      .map((imported) => `${file} imports ${imported}`),
  );
  expect(uphill).toEqual([]);
});

it("no file of src/ leads back to itself by what it imports, types included", () => {
  const circles: string[] = [];
  const finished = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(" → "));
    if (path.includes(file) || finished.has(file)) return;
    for (const imported of importsOf(file)) if (imported.startsWith("src/")) visit(imported, [...path, file]);
    finished.add(file);
  };
  for (const file of sourceFiles("src")) visit(file, []);
  expect(circles).toEqual([]);
});
