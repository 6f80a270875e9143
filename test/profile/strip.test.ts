import { describe, expect, it } from "vitest";
import { profileSchema } from "../../src/profile/schema.ts";
import { stripProfile } from "../../src/profile/strip.ts";
import { profileOf } from "../calibration/synthetic.ts";

const identity = { hostName: "build-7.example.org", userName: "adalove" };
const plain = profileOf([]);
const stripped = (text: string): string => stripProfile(profileOf([], { notes: [text] }), identity).notes[0] ?? "";

describe("a profile kept for others", () => {
  it("has no path, host or user name in anything that the machine wrote", () => {
    const path = "/home/adalove/work/ballast";
    const full = profileOf([], {
      environment: {
        ...plain.environment,
        os: "Linux 6.1 build-7",
        launch_flags: [`--user-data-dir=${path}/tmp`, "--headless=new", "--use-angle=vulkan"],
        weakening_flags: [{ flag: "--no-sandbox", what: `as root (adalove) in ${path}` }],
        other_gpu_processes: ["/usr/lib/xorg/Xorg", "C:\\Users\\adalove\\game.exe"],
      },
      verifications: [{ kind: "failed", variant: "matmul/tiled-f16", because: `see ${path}/log` }],
      left_out: [{ id: "upload/1", because: "build-7.example.org ran out of memory" }],
      notes: ["opened file:///tmp/profile for AdaLove"],
    });
    const kept = stripProfile(full, identity);
    expect(profileSchema.parse(kept)).toEqual(kept);
    expect(JSON.stringify(kept)).not.toMatch(/adalove|build-7|\/home|\/tmp|\/usr|Users/iu);
    expect(kept.environment.launch_flags).toEqual(["--user-data-dir=<path>", "--headless=new", "--use-angle=vulkan"]);
    expect(kept.environment.other_gpu_processes).toEqual(["Xorg", "game.exe"]);
    expect(kept.verifications).toEqual([{ kind: "failed", variant: "matmul/tiled-f16", because: "see <path>" }]);
    expect(kept.left_out).toEqual([{ id: "upload/1", because: "<host> ran out of memory" }]);
  });

  it.each([
    ["read ~/.cache/x", "read <path>"],
    ["'/opt/chrome' was slow", "'<path>' was slow"],
    ["D:/chrome/chrome.exe", "<path>"],
    ["\\\\server\\share", "<path>"],
    ["ADALOVE's and adalovely", "<user>'s and adalovely"],
    ["build-77 and build-7", "build-77 and <host>"],
  ])("turns %j into %j", (text, expected) => {
    expect(stripped(text)).toBe(expected);
  });

  it.each(["matmul/tiled-f32 at 3 GB/s", "Chrome/156.0.1", "1 / 2", "and/or", "a: b"])("leaves %j alone", (text) => {
    expect(stripped(text)).toBe(text);
  });

  it("changes no measurement, device name or variant", () => {
    const { environment, notes, ...rest } = stripProfile(plain, { hostName: "imagined", userName: "gpu" });
    expect(rest).toEqual((({ environment: _e, notes: _n, ...others }) => others)(plain));
    expect(environment.adapter).toEqual(plain.environment.adapter);
    expect(notes).toEqual([]);
  });

  it("is left as it is where the machine has no name", () => {
    expect(stripProfile(plain, { hostName: "", userName: "" })).toEqual(plain);
  });
});
