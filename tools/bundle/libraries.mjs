// Shared libraries that programs need, by what the files themselves say.
import { closeSync, existsSync, openSync, readSync, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { BundleError, output } from "./programs.mjs";

/** Parts of glibc: they go with the loader of the system that runs the program, and are never carried. */
const GLIBC = /^(lib(c|m|dl|rt|pthread|resolv|util|mvec|nsl|anl|thread_db|nss_\w+)\.so|ld-linux)/;

/** The C++ runtime: carried apart, for systems that have none. A newer one of the system's own is what its drivers were built with. */
export const CXX_RUNTIME = /^lib(stdc\+\+|gcc_s)\.so/;

/** Whether a file is a program or a library. */
export const isElf = (path) => {
  const start = Buffer.alloc(4);
  const file = openSync(path, "r");
  try {
    readSync(file, start, 0, 4, 0);
  } finally {
    closeSync(file);
  }
  return start.equals(Buffer.from([0x7f, 0x45, 0x4c, 0x46]));
};

/** Names of the libraries that a file asks its loader for, and the folders it names itself. */
const asks = (path) => {
  const text = output("readelf", ["--dynamic", "--wide", path]);
  return {
    needed: [...text.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name]) => name),
    folders: [...text.matchAll(/\((?:RUNPATH|RPATH)\).*\[(.+)\]/g)].flatMap(([, list]) => list.split(":")),
  };
};

/** Folders of libraries below a root, its own and those one level down in the multi-arch folders. */
const libraryFolders = (root) =>
  ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu", "usr/lib64", "lib64", "usr/lib", "lib"]
    .map((folder) => join(root, folder))
    .filter((folder) => existsSync(folder) && statSync(folder).isDirectory());

/**
 * All libraries that files need, and those that these need, without glibc.
 *
 * @param roots folders laid out as a system's root, searched in order; "/" for the system itself
 * @param beside folders of libraries that travel anyway: what is found there is not taken twice
 * @returns the file behind each name, by name
 * @throws BundleError where one is nowhere
 */
export const libraryClosure = (files, roots, beside = []) => {
  const folders = roots.flatMap(libraryFolders);
  const found = new Map();
  const open = [...files];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    const { needed, folders: own } = asks(file);
    for (const name of needed) {
      if (GLIBC.test(name) || found.has(name) || beside.some((folder) => existsSync(join(folder, name)))) continue;
      const places = [
        ...own.filter((folder) => !folder.includes("$")).flatMap((folder) => roots.map((root) => join(root, folder))),
        ...folders,
      ];
      const place = places.find((folder) => existsSync(join(folder, name)));
      if (place === undefined) throw new BundleError(`${basename(file)} needs ${name}, which is in none of the packages.`);
      const path = realpathSync(join(place, name));
      found.set(name, path);
      open.push(path);
    }
  }
  return found;
};

/** The newest glibc that any file below a folder asks for, as "2.36"; "0" where none asks for any. */
export const neededGlibc = (folder) => {
  const versions = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(isElf)
    .flatMap((path) => [...output("readelf", ["--version-info", "--wide", path]).matchAll(/GLIBC_(\d+)\.(\d+)/g)])
    .map(([, major, minor]) => [Number(major), Number(minor)]);
  const [newest] = versions.sort(([a, b], [c, d]) => c - a || d - b);
  return newest === undefined ? "0" : newest.join(".");
};
