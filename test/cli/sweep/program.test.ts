import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packagesIn } from "../../../cli/sweep/program.ts";
import { freshFolder } from "../folder.ts";

const folder = freshFolder();
const write = (name: string, value: object): void => writeFileSync(join(folder.path, name), JSON.stringify(value));

describe("the packages that a run's address depends on", () => {
  it("are those of the lock file", () => {
    write("package.json", { dependencies: { zod: "^4.0.0" } });
    write("package-lock.json", { packages: { "node_modules/zod": { version: "4.6.7" } } });
    const before = packagesIn(folder.path);
    write("package-lock.json", { packages: { "node_modules/zod": { version: "4.6.8" } } });
    expect(packagesIn(folder.path)).not.toBe(before);
  });

  it("are the versions asked for where there is no lock file, and nothing else of package.json", () => {
    write("package.json", { version: "0.1.0", dependencies: { zod: "4.6.7" } });
    const before = packagesIn(folder.path);
    write("package.json", { version: "0.2.0", dependencies: { zod: "4.6.7" } });
    expect(packagesIn(folder.path)).toBe(before);
    write("package.json", { version: "0.2.0", dependencies: { zod: "4.6.8" } });
    expect(packagesIn(folder.path)).not.toBe(before);
  });
});
