import { describe, expect, it } from "vitest";
import {
  browserCandidates,
  findBrowserOrNull,
  isSnap,
  type FileProbe,
  type SearchPlaces,
} from "../../../harness/driver/browser/find-browser.ts";

const SNAP_STUB =
  '#!/bin/sh\nif ! [ -x /snap/bin/chromium ]; then\n  echo "Command requires the chromium snap" >&2\nfi\nexec /snap/bin/chromium "$@"\n';
const DEBIAN_LAUNCHER = "#!/bin/sh\nAPPNAME=chromium\nLIBDIR=/usr/lib/$APPNAME\n";

/** A file system with these executables; a value may say what a file begins with, or where a link leads. */
const files = (executables: Record<string, { text?: string; leadsTo?: string }>): FileProbe => ({
  isExecutable: (path) => path in executables,
  realPath: (path) => executables[path]?.leadsTo ?? path,
  beginning: (path) => executables[path]?.text ?? "",
});

const linux: SearchPlaces = {
  platform: "linux",
  env: { PATH: "/usr/local/bin:/usr/bin" },
  home: "/home/ada",
  download: "/home/ada/.cache/puppeteer/chrome",
};
const mac: SearchPlaces = { platform: "darwin", env: {}, home: "/Users/ada" };
const windows: SearchPlaces = {
  platform: "win32",
  env: { PROGRAMFILES: "C:\\Program Files", LOCALAPPDATA: "C:\\Users\\ada\\AppData\\Local" },
  home: "C:\\Users\\ada",
};

describe("the search for a browser", () => {
  it.each<[string, SearchPlaces, Record<string, { text?: string; leadsTo?: string }>, string | null]>([
    ["takes Debian's chromium", linux, { "/usr/bin/chromium": { text: DEBIAN_LAUNCHER } }, "installed: /usr/bin/chromium"],
    [
      "prefers Chrome to Chromium",
      linux,
      { "/usr/bin/chromium": {}, "/usr/bin/google-chrome-stable": {} },
      "installed: /usr/bin/google-chrome-stable",
    ],
    ["takes Edge where nothing else is", linux, { "/usr/bin/microsoft-edge": {} }, "installed: /usr/bin/microsoft-edge"],
    ["takes Chrome outside PATH", linux, { "/opt/google/chrome/chrome": {} }, "installed: /opt/google/chrome/chrome"],
    ["passes over Ubuntu's script that stands in for the snap", linux, { "/usr/bin/chromium-browser": { text: SNAP_STUB } }, null],
    ["passes over an installed snap", linux, { "/usr/bin/chromium": { leadsTo: "/usr/bin/snap" } }, null],
    [
      "takes puppeteer's download after a snap",
      linux,
      { "/usr/bin/chromium": { leadsTo: "/snap/bin/chromium" }, "/home/ada/.cache/puppeteer/chrome": {} },
      "puppeteer's download: /home/ada/.cache/puppeteer/chrome",
    ],
    ["finds nothing on an empty machine", linux, {}, null],
    [
      "looks among macOS's applications",
      mac,
      { "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome": {} },
      "installed: /Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ],
    [
      "looks among one user's applications",
      mac,
      { "/Users/ada/Applications/Chromium.app/Contents/MacOS/Chromium": {} },
      "installed: /Users/ada/Applications/Chromium.app/Contents/MacOS/Chromium",
    ],
    [
      "looks in Windows' program folders",
      windows,
      { "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe": {} },
      "installed: C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    ],
    [
      "takes Edge, which every Windows has",
      windows,
      { "C:\\Program Files\\Microsoft\\Edge\\Application\\msedge.exe": {} },
      "installed: C:\\Program Files\\Microsoft\\Edge\\Application\\msedge.exe",
    ],
    [
      "takes the named one before all others",
      { ...linux, given: "/x/chrome" },
      { "/x/chrome": {}, "/usr/bin/chromium": {} },
      "--browser: /x/chrome",
    ],
    [
      "takes the environment's before the installed",
      { ...linux, env: { ...linux.env, BALLAST_BROWSER: "/x/chrome" } },
      { "/x/chrome": {}, "/usr/bin/chromium": {} },
      "BALLAST_BROWSER: /x/chrome",
    ],
  ])("%s", (_, places, executables, expected) => {
    const found = findBrowserOrNull(places, files(executables));
    expect(found === null ? null : `${found.source}: ${found.path}`).toBe(expected);
  });

  it("does not look into folders of PATH that are not absolute", () => {
    const places = { ...linux, env: { PATH: ".:bin:/usr/bin" } };
    expect(browserCandidates(places).every(({ path }) => path.startsWith("/"))).toBe(true);
  });

  it("never takes another browser in place of one that was named and is not there", () => {
    expect(() =>
      findBrowserOrNull({ ...linux, given: "/x/chrome" }, files({ "/usr/bin/chromium": {} })),
    ).toThrowErrorMatchingInlineSnapshot(
      `[InputError: --browser: expected the path of a browser's executable file, got /x/chrome. Correct the path, or leave it out to search.]`,
    );
  });

  it("refuses a named snap with its reason", () => {
    const places = { ...linux, env: { BALLAST_BROWSER: "/snap/bin/chromium" } };
    expect(() => findBrowserOrNull(places, files({ "/snap/bin/chromium": {} }))).toThrowErrorMatchingInlineSnapshot(
      `[InputError: BALLAST_BROWSER: /snap/bin/chromium is a snap, which cannot see the temporary profile that a measurement starts from. Name a Chrome, Chromium or Edge that is not a snap, or leave it out to search.]`,
    );
  });

  it("does not take Debian's launcher script for a snap", () => {
    expect(isSnap("/usr/bin/chromium", files({ "/usr/bin/chromium": { text: DEBIAN_LAUNCHER } }))).toBe(false);
  });
});
