import { defineConfig } from "vite";

/** The measuring page, built once and served by the driver: no development server runs while something is timed. */
export default defineConfig({
  root: "harness/page",
  base: "./",
  build: { outDir: "../../dist/site", emptyOutDir: true, target: "es2023", sourcemap: false },
});
