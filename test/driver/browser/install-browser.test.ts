import { describe, expect, it } from "vitest";
import { installBrowser, installPlan, type InstallHost } from "../../../harness/driver/browser/install-browser.ts";

const DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n';
const UBUNTU = 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n';
const FEDORA = "NAME=Fedora\nID=fedora\n";

const host = (platform: NodeJS.Platform, osRelease: string, isRoot: boolean, mayInstall = true): InstallHost => ({
  platform,
  osRelease,
  isRoot,
  mayInstall,
});
const debianRoot = host("linux", DEBIAN, true);

describe("installing a browser", () => {
  it.each<[string, InstallHost, string, boolean]>([
    ["root on Debian", debianRoot, "apt-get update && apt-get install --yes --no-install-recommends chromium", true],
    [
      "root on Debian who forbids it",
      host("linux", DEBIAN, true, false),
      "apt-get update && apt-get install --yes --no-install-recommends chromium",
      false,
    ],
    [
      "a user on Debian",
      host("linux", DEBIAN, false),
      "sudo apt-get update && sudo apt-get install --yes --no-install-recommends chromium",
      false,
    ],
    ["root on Ubuntu, whose package is a snap", host("linux", UBUNTU, true), "npx puppeteer browsers install chrome --install-deps", true],
    ["a user on Ubuntu", host("linux", UBUNTU, false), "npx puppeteer browsers install chrome", false],
    ["root on another Linux", host("linux", FEDORA, true), "npx puppeteer browsers install chrome", false],
    ["macOS", host("darwin", "", false), "npx puppeteer browsers install chrome", false],
    ["Windows", host("win32", "", false), "npx puppeteer browsers install chrome", false],
  ])("%s: the command and whether Ballast runs it", (_, machine, typed, isAllowed) => {
    const plan = installPlan(machine);
    expect(plan.typed).toBe(typed);
    expect(plan.isAllowed).toBe(isAllowed);
  });

  it("says what and why before the first command runs", () => {
    const events: string[] = [];
    installBrowser(
      debianRoot,
      (line) => events.push(`say: ${line}`),
      (command) => {
        events.push(`run: ${command.join(" ")}`);
        return 0;
      },
    );
    expect(events).toMatchInlineSnapshot(`
      [
        "say: no browser with WebGPU was found, and measuring needs one: installing Debian's chromium package on this system (apt-get)",
        "run: apt-get update",
        "run: apt-get install --yes --no-install-recommends chromium",
      ]
    `);
  });

  it("runs nothing where it may not, and gives the exact command", () => {
    const run = () => {
      throw new Error("nothing may run");
    };
    expect(() => installBrowser(host("linux", DEBIAN, true, false), () => {}, run)).toThrowErrorMatchingInlineSnapshot(
      `[InputError: browser: found no Chrome, Chromium or Edge on this machine (a snap cannot be used). Run \`apt-get update && apt-get install --yes --no-install-recommends chromium\`, or name one with --browser PATH.]`,
    );
  });

  it.each<[string, number | null, string]>([
    ["an installer that fails", 100, "ended with 100"],
    ["an installer that is not there", null, "could not be started"],
  ])("stops after %s", (_, status, reason) => {
    const ran: string[] = [];
    const run = (command: readonly string[]) => {
      ran.push(command.join(" "));
      return status;
    };
    expect(() => installBrowser(debianRoot, () => {}, run)).toThrow(
      `browser: installing one failed: \`apt-get update\` ${reason}. Install Chrome`,
    );
    expect(ran).toEqual(["apt-get update"]);
  });
});
