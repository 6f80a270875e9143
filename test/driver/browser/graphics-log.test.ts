import { describe, expect, it } from "vitest";
import { graphicsLines } from "../../../harness/driver/browser/graphics-log.ts";

describe("what a browser's log says of graphics", () => {
  it("is its messages about GPUs, each once, without process, time and place", () => {
    const log = [
      "[39:1118:1124/185030.09:ERROR:dbus/bus.cc:405] Failed to connect to the bus: Unknown address type",
      "[32:32:1124/185111.97:ERROR:ui/gl/angle_platform_impl.cc:34] vk_renderer.cpp:282: Extension not supported: VK_KHR_surface",
      "[32:32:1124/185111.98:ERROR:ui/gl/angle_platform_impl.cc:34] vk_renderer.cpp:282: Extension not supported: VK_KHR_surface",
      "[32:32:1124/185111.99:ERROR:ui/ozone/common/gl_ozone_egl.cc:26] GLDisplayEGL::Initialize failed.",
      "browser: error while loading shared libraries: libnss3.so: cannot open shared object file",
      "",
    ].join("\n");
    expect(graphicsLines(log)).toEqual([
      "vk_renderer.cpp:282: Extension not supported: VK_KHR_surface",
      "browser: error while loading shared libraries: libnss3.so: cannot open shared object file",
    ]);
  });

  it("is its end where there is much of it", () => {
    const lines = graphicsLines(Array.from({ length: 100 }, (_, index) => `Vulkan fault ${index}`).join("\n"));
    expect(lines.length).toBeLessThan(20);
    expect(lines.at(-1)).toBe("Vulkan fault 99");
  });
});
