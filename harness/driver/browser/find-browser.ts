import { posix, win32 } from "node:path";
import { InputError } from "../../../src/errors.ts";

/** A browser that can be started, and where the path came from. */
export interface FoundBrowser {
  readonly path: string;
  readonly source: "--browser" | "BALLAST_BROWSER" | "installed" | "puppeteer's download";
}

/** The questions about files that the search asks; handed in, so that the search is a table of cases in tests. */
export interface FileProbe {
  isExecutable(path: string): boolean;
  /** The path behind all symbolic links. */
  realPath(path: string): string;
  /** The first kilobytes, as text: enough to know a launcher script. */
  beginning(path: string): string;
}

/** Where to look: the platform, its environment, and what the user or puppeteer named. */
export interface SearchPlaces {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** `--browser PATH` */
  readonly given?: string | undefined;
  /** Where puppeteer keeps its own download of Chrome, whether or not it is there. */
  readonly download?: string | undefined;
}

const LINUX_NAMES = [
  "google-chrome-stable",
  "google-chrome",
  "chromium",
  "chromium-browser",
  "microsoft-edge-stable",
  "microsoft-edge",
  "google-chrome-beta",
  "google-chrome-unstable",
];
const LINUX_PATHS = ["/opt/google/chrome/chrome", "/opt/microsoft/msedge/msedge", "/usr/lib/chromium/chromium"];
const MAC_APPS = ["Google Chrome", "Chromium", "Microsoft Edge", "Google Chrome Canary"];
const WINDOWS_PATHS = [
  "Google\\Chrome\\Application\\chrome.exe",
  "Chromium\\Application\\chrome.exe",
  "Microsoft\\Edge\\Application\\msedge.exe",
];

const installedPlaces = ({ platform, env, home }: SearchPlaces): string[] => {
  switch (platform) {
    case "darwin":
      return MAC_APPS.flatMap((app) =>
        ["/Applications", `${home}/Applications`].map((folder) => `${folder}/${app}.app/Contents/MacOS/${app}`),
      );
    case "win32": {
      const folders = ["PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"].flatMap((name) => env[name] ?? []);
      return WINDOWS_PATHS.flatMap((path) => folders.map((folder) => win32.join(folder, path)));
    }
    default: {
      const folders = (env["PATH"] ?? "").split(":").filter((folder) => folder.startsWith("/"));
      return [...LINUX_NAMES.flatMap((name) => folders.map((folder) => posix.join(folder, name))), ...LINUX_PATHS];
    }
  }
};

/** Every place a browser may be, best first: installed Chrome, Chromium and Edge, then puppeteer's download. Nothing is looked at. */
export const browserCandidates = (places: SearchPlaces): FoundBrowser[] => [
  ...installedPlaces(places).map((path) => ({ path, source: "installed" as const })),
  ...(places.download === undefined ? [] : [{ path: places.download, source: "puppeteer's download" as const }]),
];

/**
 * Whether the program is Ubuntu's snap, or the script that would install it. A snap sees its own /tmp, not ours, so it cannot
 * open the temporary profile that a measurement starts from.
 */
export const isSnap = (path: string, files: FileProbe): boolean =>
  [path, files.realPath(path)].some((name) => name.startsWith("/snap/") || name === "/usr/bin/snap") ||
  /\/snap\/bin\/|snap install/.test(files.beginning(path));

/**
 * The browser to drive: the one the user named, else the first that is installed, else puppeteer's download; null where there is none.
 *
 * @throws InputError where the user named one that cannot be used: another is never taken in its place
 */
export const findBrowserOrNull = (places: SearchPlaces, files: FileProbe): FoundBrowser | null => {
  const named: readonly FoundBrowser[] = [
    ...(places.given === undefined ? [] : [{ path: places.given, source: "--browser" as const }]),
    ...(places.env["BALLAST_BROWSER"] ? [{ path: places.env["BALLAST_BROWSER"], source: "BALLAST_BROWSER" as const }] : []),
  ];
  const [choice] = named;
  if (choice !== undefined) {
    const { path, source } = choice;
    if (!files.isExecutable(path)) {
      throw new InputError(
        source,
        `expected the path of a browser's executable file, got ${path}`,
        "Correct the path, or leave it out to search.",
      );
    }
    if (isSnap(path, files)) {
      throw new InputError(
        source,
        `${path} is a snap, which cannot see the temporary profile that a measurement starts from`,
        "Name a Chrome, Chromium or Edge that is not a snap, or leave it out to search.",
      );
    }
    return choice;
  }
  return browserCandidates(places).find(({ path }) => files.isExecutable(path) && !isSnap(path, files)) ?? null;
};
