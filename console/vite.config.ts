import { svelte } from "@sveltejs/vite-plugin-svelte";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const service = process.env["LITI_SERVICE"] ?? "http://127.0.0.1:8080";

const FONTS = ["@fontsource/ibm-plex-sans", "@fontsource/noto-sans-sc"];
const WORKERS = ["maplibre-gl"];

/** The folder of the package that a module belongs to. */
function packageOf(id: string): string | null {
  const match = /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id);
  return match?.[1] ?? null;
}

/** Ships `licences.txt`: the licence of everything that went into the pages, as those licences ask for. */
function licences(): Plugin {
  return {
    name: "licences",
    apply: "build",
    generateBundle() {
      const here = dirname(fileURLToPath(import.meta.url));
      const folders = new Set([...FONTS, ...WORKERS].map((name) => join(here, "node_modules", name)));
      for (const id of this.getModuleIds()) {
        const folder = packageOf(id);
        if (folder !== null) folders.add(folder);
      }
      const texts = [...folders].sort().flatMap((folder) => {
        if (!existsSync(join(folder, "package.json"))) return [];
        const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf-8")) as Record<string, string>;
        const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
        const text = file === undefined ? "" : readFileSync(join(folder, file), "utf-8").trim();
        return [`${about["name"]} ${about["version"]}: ${about["license"] ?? "see below"}\n\n${text}`];
      });
      const source = texts.join(`\n\n${"-".repeat(80)}\n\n`) + "\n";
      this.emitFile({ type: "asset", fileName: "licences.txt", source });
    },
  };
}

export default defineConfig({
  base: "./",
  plugins: [svelte(), licences()],
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
