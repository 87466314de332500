import { svelte } from "@sveltejs/vite-plugin-svelte";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const service = process.env["LITI_SERVICE"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "./",
  plugins: [svelte()],
  build: {
    target: "es2022",
    chunkSizeWarningLimit: 3000,
    reportCompressedSize: false,
  },
  server: {
    proxy: { "/api": { target: service, ws: true } },
  },
  test: {
    globals: true,
    include: [fileURLToPath(new URL("../tests/console/", import.meta.url)) + "**/*.test.ts"],
  },
});
