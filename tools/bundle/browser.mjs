// The browser's part of the bundle: program, data, libraries, one font, and who wrote them.
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CXX_RUNTIME, isElf, libraryClosure } from "./libraries.mjs";
import { unpackPackages } from "./packages.mjs";
import { BundleError, output } from "./programs.mjs";

/** Debian's small headless build: the browser of bundles that name no other. */
const HEADLESS = { package: "chromium-headless-shell", path: "usr/lib/chromium/chromium-headless-shell" };

/** No library asks for these: EGL's and OpenGL ES' dispatchers, for drivers that Chrome reaches no other way. */
const GL_DISPATCH = { packages: ["libegl1", "libgles2", "libglvnd0"], names: ["libEGL.so.1", "libGLESv2.so.2", "libGLdispatch.so.0"] };

/** With no font at all, the first text on a page ends the browser. */
const FONT = { package: "fonts-liberation", path: "usr/share/fonts/truetype/liberation/LiberationMono-Regular.ttf" };

/** One static program: shell, tar, xz and checksums for a machine that has none of them. */
const TOOLBOX = { package: "busybox-static", path: "bin/busybox" };

/** Files of a browser's folder that a page which measures never opens. */
const isLeftOut = (name, isHeadlessShell) =>
  /^(libVkLayer_|libVkICD_mock|chrome_crashpad_handler|WidevineCdm|PrivacySandbox|MEIPreload|default_apps|cron|product_logo)|\.TOC$/.test(
    name,
  ) ||
  (isHeadlessShell && /^(resources\.pak|chrome_\d+_percent\.pak|headless_command_resources\.pak|snapshot_blob\.bin)$/.test(name));

/**
 * Copies the browser and what it needs into the bundle's tree: browser/, lib/, lib-cxx/, lib-gl/, fonts/, bin/, licenses/.
 *
 * @param tree the bundle's folder
 * @param cache folder of fetched packages
 * @param installed path of an installed browser's program; null for Debian's headless build
 * @returns the program's name, its version, and the packages of which something was taken
 */
export const addBrowser = (tree, cache, installed) => {
  if (installed !== null && !(existsSync(installed) && isElf(realpathSync(installed)))) {
    throw new BundleError(
      `--browser: expected a browser's own program, got ${installed}. A launcher script will not do: name what it starts.`,
    );
  }
  const small = unpackPackages([TOOLBOX.package, FONT.package, ...GL_DISPATCH.packages], cache, { withDependencies: false });
  const packages = installed === null ? unpackPackages([HEADLESS.package], cache, { withDependencies: true }) : [];
  const all = [...packages, ...small];
  const fileOf = (path) => {
    const owner = all.find(({ folder }) => existsSync(join(folder, path)));
    if (owner === undefined) throw new BundleError(`no package holds ${path}.`);
    return join(owner.folder, path);
  };

  const program = installed === null ? fileOf(HEADLESS.path) : realpathSync(installed);
  const taken = new Set([program]);
  const put = (from, folder, name = basename(from)) => {
    taken.add(from);
    mkdirSync(join(tree, folder), { recursive: true });
    cpSync(from, join(tree, folder, name), { recursive: true, dereference: true });
  };

  // The shell's data lie in the folder of the package, those of all packages in one folder once installed.
  const name = basename(program);
  const homes = installed === null ? all.map(({ folder }) => join(folder, dirname(HEADLESS.path))).filter(existsSync) : [dirname(program)];
  for (const home of homes) {
    for (const entry of readdirSync(home)) {
      const path = join(home, entry);
      if (entry === "locales") put(join(path, "en-US.pak"), "browser/locales");
      else if (!isLeftOut(entry, installed === null)) put(path, "browser");
    }
  }

  const browser = join(tree, "browser");
  const roots = installed === null ? packages.map(({ folder }) => folder) : ["/"];
  const programs = readdirSync(browser)
    .map((entry) => join(browser, entry))
    .filter((path) => statSync(path).isFile() && isElf(path));
  for (const [library, path] of libraryClosure(programs, roots, [browser])) {
    put(path, CXX_RUNTIME.test(library) ? "lib-cxx" : "lib", library);
  }
  for (const library of GL_DISPATCH.names) put(realpathSync(fileOf(join("usr/lib/x86_64-linux-gnu", library))), "lib-gl", library);
  put(fileOf(FONT.path), "fonts");
  put(fileOf(TOOLBOX.path), "bin");
  chmodSync(join(tree, "bin/busybox"), 0o755);

  const used = all.filter(({ folder }) => [...taken].some((path) => path.startsWith(`${folder}/`)));
  mkdirSync(join(tree, "licenses"), { recursive: true });
  for (const { name: owner, folder } of used) {
    const copyright = join(folder, "usr/share/doc", owner, "copyright");
    if (existsSync(copyright) && statSync(copyright).isFile())
      cpSync(copyright, join(tree, "licenses", `${owner}.txt`), { dereference: true });
  }
  writeFileSync(join(tree, "browser/program"), `${name}\n`);
  const version =
    installed === null
      ? `Chromium ${packages.find(({ name: one }) => one === HEADLESS.package)?.version ?? ""} (headless shell)`
      : output(program, ["--version", "--no-sandbox"]).trim();
  return { version, toolbox: join(tree, "bin/busybox"), packages: used.map(({ name: one, version: of }) => ({ name: one, version: of })) };
};
