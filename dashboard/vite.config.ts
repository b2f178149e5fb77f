/** How the dashboard is built: one page per chunk, no inline script, the API of a running server behind the development server. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
// @ts-expect-error It comes without types.
import subsetFont from "subset-font";
import type { Plugin, Rolldown } from "vite";
import { defineConfig } from "vitest/config";

const SITE = "dist/site";
/** What the overview may load, compressed, until it is whole: bytes. */
const FIRST_LOAD = 400_000;
/** What nearly everything is written in: its letters and weights that are used, a half of the file. */
const FONT = "inter-latin-wght-normal";
const LETTERS = [...range(0x20, 0x7e), ...range(0xa0, 0x17f)].map((code) => String.fromCodePoint(code)).join("") + "–—‘’“”„…•€≈≥←↑→↓−™";
const WEIGHTS = { min: 400, max: 700 };
/** Where it begins, what it is, what draws it, and what it is written in. */
const FIRST = ["index.html", "pages/overview/index.tsx", "charts/engine.ts", FONT];
const server = process.env.ATLAS_SERVER ?? "http://127.0.0.1:8642";

/** Compresses once what is served often, and refuses a build whose first load is too much. */
const compressed: Plugin = {
  name: "compressed",
  apply: "build",
  async writeBundle(_, bundle) {
    const sizes = new Map<string, number>();
    for (const name of readdirSync(SITE, { recursive: true, encoding: "utf8" })) {
      if (!/\.(html|js|css|svg|woff2)$/.test(name)) continue;
      const file = readFileSync(join(SITE, name));
      if (name.endsWith(".woff2")) {
        const font = name.includes(FONT) ? await subsetFont(file, LETTERS, { targetFormat: "woff2", variationAxes: { wght: WEIGHTS } }) : file;
        sizes.set(name, font.length);
        writeFileSync(join(SITE, name), font);
        continue;
      }
      const small = brotliCompressSync(file);
      sizes.set(name, small.length);
      writeFileSync(join(SITE, `${name}.br`), small);
      writeFileSync(join(SITE, `${name}.gz`), gzipSync(file, { level: 9 }));
    }
    const first = [...firstLoad(bundle)];
    const bytes = first.reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
    console.log(`first load: ${Math.round(bytes / 1000)} kB of ${FIRST_LOAD / 1000} kB`);
    if (bytes > FIRST_LOAD) throw new Error(`the first load is too much: ${first.map((name) => `${name} ${sizes.get(name)}`).join(", ")}`);
  },
};

function range(first: number, last: number): number[] {
  return [...Array(last - first + 1).keys()].map((step) => first + step);
}

/** Every file that the overview needs. */
function firstLoad(bundle: Rolldown.OutputBundle): Set<string> {
  const wanted = new Set<string>();
  const take = (name: string) => {
    const file = bundle[name];
    if (wanted.has(name) || !file) return;
    wanted.add(name);
    if (file.type === "chunk") [...file.imports, ...(file.viteMetadata?.importedCss ?? [])].forEach(take);
  };
  for (const part of FIRST) {
    const found = Object.values(bundle).find((file) => (file.type === "chunk" ? file.facadeModuleId : file.fileName)?.includes(part));
    if (!found) throw new Error(`the build has no ${part}`);
    take(found.fileName);
  }
  return wanted;
}

export default defineConfig({
  plugins: [react(), compressed],
  build: {
    outDir: SITE,
    // The Content-Security-Policy allows no script but our own files.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
    // What many pages have is one file: it compresses better than many. Texts of pages come with their pages.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "base", test: /^(?!.*\/src\/words\/).*\.[cm]?[jt]sx?$/, minShareCount: 10 }] } } },
  },
  server: { proxy: { "/api": server, "/functions": server } },
  test: { include: ["src/**/*.test.{ts,tsx}"] },
});
