import { defineConfig } from "vitest/config";

const isLong = process.env["BALLAST_LONG"] === "1";

/** Two projects: `unit` runs in parallel; `browser` drives the real Chromium, one file at a time, since it shares two cores with the adapter. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.browser.test.ts"],
          testTimeout: isLong ? 3_600_000 : 120_000,
        },
      },
      {
        test: {
          name: "browser",
          include: ["test/**/*.browser.test.ts"],
          fileParallelism: false,
          testTimeout: isLong ? 3_600_000 : 240_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
});
