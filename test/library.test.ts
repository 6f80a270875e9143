import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { importsIn } from "../cli/sweep/program.ts";
import * as library from "../src/index.ts";
import { chat } from "./cli/sweep/sweeps.ts";
import { deviceModel } from "./fixtures.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const entry = join(root, "dist/src/index.js");
const readme = readFileSync(join(root, "README.md"), "utf8");

/** All that a built module imports, files and packages, those in turn included. */
const graphOf = (start: string): { files: string[]; packages: string[] } => {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    for (const name of importsIn(readFileSync(file, "utf8"))) {
      if (name.startsWith(".")) visit(join(dirname(file), name));
      else packages.add(name.split("/", name.startsWith("@") ? 2 : 1).join("/"));
    }
  };
  visit(start);
  return { files: [...files].map((file) => relative(root, file)), packages: [...packages].sort() };
};

describe("the library's entry", () => {
  it("imports nothing but the pure part, and of packages only these", () => {
    const { files, packages } = graphOf(entry);
    expect(files.filter((file) => !/^dist\/(?:src|kernels)\//u.test(file))).toEqual([]);
    expect(files.filter((file) => file.startsWith("dist/src/report/"))).toEqual([]);
    expect(packages).toEqual(["pure-rand", "simple-statistics", "yaml", "zod"]);
  });

  it("would be seen to bring in what it must not: the command's does", () => {
    expect(graphOf(join(root, "dist/cli/main.js")).packages).toEqual(
      expect.arrayContaining(["puppeteer", "linkedom", "@observablehq/plot", "commander"]),
    );
  });

  it("has nothing that docs/library.md does not name", () => {
    const docs = readFileSync(join(root, "docs/library.md"), "utf8");
    const types = [...readFileSync(join(root, "src/index.ts"), "utf8").matchAll(/type (?:\{ )?(\w+)/gu)].map(([, name]) => name!);
    expect(types.length).toBeGreaterThan(20);
    expect([...Object.keys(library), ...types].filter((name) => !new RegExp(`\\b${name}\\b`, "u").test(docs))).toEqual([]);
  });
});

describe("the package", () => {
  /** An empty project with the packed package in it, and beside it only what its entry imports: nothing is fetched. */
  const project = mkdtempSync(join(tmpdir(), "ballast-test-library-"));
  const modules = join(project, "node_modules");
  const installed = join(modules, "ballast");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const tsc = join(root, "node_modules/typescript/bin/tsc");

  beforeAll(() => {
    // Without its scripts, since they build, and what is tested is built already.
    execFileSync(npm, ["pack", "--ignore-scripts", "--silent", "--pack-destination", project], { cwd: root });
    const tarball = readdirSync(project).find((name) => name.endsWith(".tgz"))!;
    mkdirSync(installed, { recursive: true });
    execFileSync("tar", ["-xzf", join(project, tarball), "-C", installed, "--strip-components=1"]);
    mkdirSync(join(modules, "@types"));
    for (const name of [...graphOf(entry).packages, "@types/node"])
      symlinkSync(join(root, "node_modules", name), join(modules, name), "junction");
    writeFileSync(join(project, "package.json"), '{ "type": "module" }\n');
  });
  afterAll(() => rmSync(project, { recursive: true, force: true }));

  it("carries the built page, the program, the library with its types and the schemas, and nothing of tests or benchmarks", () => {
    for (const file of [
      "dist/site/index.html",
      "bin/ballast.mjs",
      "dist/cli/sweep/worker.js",
      "dist/src/index.d.ts",
      "schema/run.schema.json",
    ])
      expect([file, existsSync(join(installed, file))]).toEqual([file, true]);
    const [script] = /assets\/[^"]+\.js/u.exec(readFileSync(join(installed, "dist/site/index.html"), "utf8"))!;
    expect(existsSync(join(installed, "dist/site", script))).toBe(true);
    const names = readdirSync(installed, { recursive: true, encoding: "utf8" });
    expect(names.filter((name) => /^dist\/(?:test|bench)\b|\.map$|tsbuildinfo|(?<!\.d)\.ts$/u.test(name))).toEqual([]);
    const { scripts } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as { scripts: Record<string, string> };
    expect(scripts["prepack"]).toBe("node tools/build.mjs");
  });

  it("answers by README's ten lines, which its types accept strictly", () => {
    const [, lines = ""] = /## As a library[\s\S]*?```ts\n([\s\S]*?)```/u.exec(readme) ?? [];
    expect(lines.trimEnd().split("\n").length).toBeLessThanOrEqual(11);
    writeFileSync(join(project, "use.ts"), lines);
    writeFileSync(join(project, "chat.yaml"), JSON.stringify({ ...chat, policy: { kind: "fixed", replicas: 2 } }));
    writeFileSync(join(project, "m.json"), JSON.stringify(deviceModel()));
    const options = [
      "--strict",
      "--noUncheckedIndexedAccess",
      "--exactOptionalPropertyTypes",
      "--module",
      "nodenext",
      "--target",
      "es2023",
    ];
    execFileSync(process.execPath, [tsc, ...options, "--lib", "es2023", "--types", "node", "use.ts"], { cwd: project, encoding: "utf8" });
    const printed = execFileSync(process.execPath, ["use.js"], { cwd: project, encoding: "utf8" }).trimEnd().split("\n");
    expect(printed[0]).toMatch(/^fixed, 2 replicas 0\.\d+ 0\.\d+$/u);
    expect(printed[1]).toMatch(/^replicas: \d+$/u);
  });

  it("has types that refuse a mistake", () => {
    writeFileSync(join(project, "wrong.ts"), 'import { simulate } from "ballast";\nsimulate({ seed: "42" });\n');
    const options = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2023", "--lib", "es2023", "--types", "node"];
    expect(() => execFileSync(process.execPath, [tsc, ...options, "wrong.ts"], { cwd: project, encoding: "utf8" })).toThrow(
      expect.objectContaining({ stdout: expect.stringContaining("wrong.ts(2,") }),
    );
  });

  it("leaves out of a bundle what is not used", async () => {
    const bundled = async (name: string): Promise<string> => {
      const own = join(project, `${name}.mjs`);
      writeFileSync(own, `export { ${name} } from "ballast";\n`);
      const output = await build({
        configFile: false,
        logLevel: "silent",
        root: project,
        build: { write: false, minify: false, lib: { entry: own, formats: ["es"], fileName: "out" } },
      });
      const [first] = Array.isArray(output) ? output : [output];
      return "output" in first ? first.output[0].code : "";
    };
    const [streams, scenario] = [await bundled("createStreams"), await bundled("parseScenario")];
    expect(scenario).toContain("ballast.scenario/1");
    expect(streams).toContain("hash128");
    expect(streams).not.toContain("ballast.scenario/1");
    expect(streams.length).toBeLessThan(scenario.length / 20);
  });
});
