/** How the dashboard is built: one page per chunk, no inline script, the API of a running server behind the development server. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const SITE = "dist/site";
const server = process.env.ATLAS_SERVER ?? "http://127.0.0.1:8642";

/** Compresses once what is served often. */
const compressed = {
  name: "compressed",
  apply: "build" as const,
  closeBundle() {
    for (const name of readdirSync(SITE, { recursive: true, encoding: "utf8" })) {
      if (!/\.(html|js|css|svg)$/.test(name)) continue;
      const file = readFileSync(join(SITE, name));
      writeFileSync(join(SITE, `${name}.br`), brotliCompressSync(file));
      writeFileSync(join(SITE, `${name}.gz`), gzipSync(file, { level: 9 }));
    }
  },
};

export default defineConfig({
  plugins: [react(), compressed],
  build: {
    outDir: SITE,
    // The Content-Security-Policy allows no script but our own files.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
  },
  server: { proxy: { "/api": server, "/functions": server } },
  test: { include: ["src/**/*.test.{ts,tsx}"] },
});
