// Debian packages, fetched by apt and laid out beside the system, not into it.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BundleError, output } from "./programs.mjs";

/**
 * Name and version of all packages that would be installed with these on a system where nothing is: apt's own resolver, asked about
 * an empty system, so that nothing is left out because the builder happens to have it.
 */
const closure = (names, folder) => {
  const nothing = join(folder, "no-packages");
  writeFileSync(nothing, "");
  let plan;
  try {
    plan = output("apt-get", ["-o", `Dir::State::status=${nothing}`, "--no-install-recommends", "--simulate", "install", ...names]);
  } catch (error) {
    throw new BundleError(
      `apt does not offer ${names.join(", ")} here: ${error.message}\nRun \`apt-get update\`; where the distribution has no such browser, name an installed one with --browser PATH.`,
    );
  }
  return [...plan.matchAll(/^Inst (\S+) \((\S+) /gm)].map(([, name, version]) => ({ name, version }));
};

/**
 * Fetches packages (checked by apt against its signed index) and unpacks each into a folder of its own.
 *
 * @param cache folder in which what was fetched is kept for the next time
 * @param withDependencies whether everything they depend on comes too
 * @returns name, version and folder of each
 */
export const unpackPackages = (names, cache, { withDependencies }) => {
  mkdirSync(cache, { recursive: true });
  const all = closure(names, cache);
  const wanted = withDependencies ? all : all.filter(({ name }) => names.includes(name));
  return wanted.map(({ name, version }) => {
    const folder = join(cache, `${name}_${version.replace(/[^\w.+~-]/g, "_")}`);
    if (!existsSync(folder)) {
      const incoming = join(cache, "incoming");
      rmSync(incoming, { recursive: true, force: true });
      mkdirSync(incoming);
      output("apt-get", ["--quiet=2", "-o", "APT::Sandbox::User=root", "download", `${name}=${version}`], { cwd: incoming });
      const [deb] = readdirSync(incoming);
      output("dpkg-deb", ["--extract", join(incoming, deb), join(incoming, "root")]);
      renameSync(join(incoming, "root"), folder);
      rmSync(incoming, { recursive: true, force: true });
    }
    return { name, version, folder };
  });
};
