// The browser's part of the bundle: program, data, libraries, one font, and who wrote them.
import { cpSync, existsSync, mkdirSync, readdirSync, realpathSync, statSync, writeFileSync } from "node:fs";
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

/** Copies files into a bundle's tree and knows of which packages they are. */
const collector = (tree, packages) => {
  const taken = [];
  return {
    /** Where a file of the packages lies. */
    fileOf: (path) => {
      const owner = packages.find(({ folder }) => existsSync(join(folder, path)));
      if (owner === undefined) throw new BundleError(`no package holds ${path}.`);
      return join(owner.folder, path);
    },
    put: (from, folder, name = basename(from)) => {
      taken.push(from);
      mkdirSync(join(tree, folder), { recursive: true });
      cpSync(from, join(tree, folder, name), { recursive: true, dereference: true });
    },
    used: () => packages.filter(({ folder }) => taken.some((path) => path.startsWith(`${folder}/`))),
  };
};

/** The program, its data and its own libraries. Debian's lie in the folders of several packages, an installed browser's in one. */
const putProgram = ({ put }, homes, isHeadlessShell) => {
  for (const home of homes) {
    for (const entry of readdirSync(home)) {
      if (entry === "locales") put(join(home, entry, "en-US.pak"), "browser/locales");
      else if (!isLeftOut(entry, isHeadlessShell)) put(join(home, entry), "browser");
    }
  }
};

/** What the program and its own libraries ask for, found below `roots`. */
const putLibraries = ({ put }, browser, roots) => {
  const programs = readdirSync(browser)
    .map((entry) => join(browser, entry))
    .filter((path) => statSync(path).isFile() && isElf(path));
  for (const [library, path] of libraryClosure(programs, roots, [browser])) {
    put(path, CXX_RUNTIME.test(library) ? "lib-cxx" : "lib", library);
  }
};

const putLicenses = (tree, packages) => {
  mkdirSync(join(tree, "licenses"), { recursive: true });
  for (const { name, folder } of packages) {
    const copyright = join(folder, "usr/share/doc", name, "copyright");
    if (existsSync(copyright)) cpSync(realpathSync(copyright), join(tree, "licenses", `${name}.txt`));
  }
};

const installedProgram = (path) => {
  if (existsSync(path) && statSync(path).isFile() && isElf(realpathSync(path))) return realpathSync(path);
  throw new BundleError(`--browser: expected a browser's own program, got ${path}. Of a launcher script, name what it starts.`);
};

/**
 * Copies the browser and what it needs into the bundle's tree: browser/, lib/, lib-cxx/, lib-gl/, fonts/, bin/, licenses/.
 *
 * @param tree the bundle's folder
 * @param cache folder of fetched packages
 * @param installed path of an installed browser's program; null for Debian's headless build
 * @returns the browser's version, the path of the unpacking program, and the packages of which something was taken
 */
export const addBrowser = (tree, cache, installed) => {
  const named = installed === null ? null : installedProgram(installed);
  const always = unpackPackages([TOOLBOX.package, FONT.package, ...GL_DISPATCH.packages], cache, { withDependencies: false });
  const debian = named === null ? unpackPackages([HEADLESS.package], cache, { withDependencies: true }) : [];
  const collect = collector(tree, [...debian, ...always]);

  const program = named ?? collect.fileOf(HEADLESS.path);
  const homes = named === null ? debian.map(({ folder }) => join(folder, dirname(HEADLESS.path))).filter(existsSync) : [dirname(named)];
  putProgram(collect, homes, named === null);
  writeFileSync(join(tree, "browser/program"), `${basename(program)}\n`);
  putLibraries(collect, join(tree, "browser"), named === null ? debian.map(({ folder }) => folder) : ["/"]);
  for (const library of GL_DISPATCH.names) collect.put(collect.fileOf(join("usr/lib/x86_64-linux-gnu", library)), "lib-gl");
  collect.put(collect.fileOf(FONT.path), "fonts");
  collect.put(collect.fileOf(TOOLBOX.path), "bin");
  putLicenses(tree, collect.used());

  const version =
    named === null
      ? `Chromium ${debian.find(({ name }) => name === HEADLESS.package)?.version ?? ""} (headless shell)`
      : output(named, ["--version", "--no-sandbox"]).trim();
  return { version, toolbox: join(tree, "bin/busybox"), packages: collect.used().map(({ name, version: of }) => ({ name, version: of })) };
};
