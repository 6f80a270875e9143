import { defineConfig } from "vite";

/** The page of the peer table, built beside the product's own, which holds none of these libraries. */
export default defineConfig({
  root: "bench/peers/page",
  base: "./",
  build: {
    outDir: "../../../dist/bench/peers/site",
    emptyOutDir: true,
    target: "es2023",
    sourcemap: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 4000,
  },
});
