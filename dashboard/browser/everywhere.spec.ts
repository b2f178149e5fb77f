/** What holds on every page: on a desk and on a phone, by day and by night, for everybody, and nothing jumps. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, type Page } from "@playwright/test";
import { words } from "../src/words";
import { open, origin, PAGES, signIn, test } from "./pages";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** So much may move when figures arrive, as browsers count it: above this people begin to mind. */
const SHIFT = 0.1;

/** What is loaded how wide by day or by night; then the light is switched, and what is there is looked at once more. */
const VIEWS = [["light", 1440, "dark"], ["dark", 390, "light"]] as const;

type Axe = { run(where: Document, how: object): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> };

/** Nobody is kept out, as far as axe finds: by anything, or by colours alone. */
async function isForEverybody(page: Page, onlyColours = false): Promise<void> {
  await page.evaluate(AXE);
  const found = await page.evaluate(
    (only) => (globalThis as unknown as { axe: Axe }).axe.run(document, { iframes: false, resultTypes: ["violations"], ...(only && { runOnly: ["color-contrast"] }) }),
    onlyColours,
  );
  const serious = found.violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(" | ")}`)).toEqual([]);
}

async function holds(page: Page, show: () => Promise<unknown>): Promise<void> {
  await page.addInitScript(() => {
    const seen = globalThis as unknown as { shifted: { value: number; what: string }[] };
    seen.shifted = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean; sources: { node?: Element }[] })[]) {
        const what = entry.sources.map(({ node }) => node?.textContent?.slice(0, 40) ?? "").join(" | ");
        if (!entry.hadRecentInput) seen.shifted.push({ value: entry.value, what });
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  for (const [colorScheme, width, other] of VIEWS) {
    // Nothing is looked at on its way from one colour to another.
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height: 900 });
    await show();
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(page.getByText(words.states.retry)).toHaveCount(0);
    const overhang = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overhang, "wider than the window").toBeLessThanOrEqual(0);
    const shifted = await page.evaluate(() => (globalThis as unknown as { shifted: { value: number; what: string }[] }).shifted);
    expect(shifted.reduce((sum, { value }) => sum + value, 0), JSON.stringify(shifted)).toBeLessThanOrEqual(SHIFT);
    await isForEverybody(page);
    await page.emulateMedia({ colorScheme: other, reducedMotion: "reduce" });
    // The way in has no script, and follows by itself.
    await page.waitForFunction((scheme) => [undefined, scheme as string].includes(document.documentElement.dataset.mantineColorScheme), other);
    await isForEverybody(page, true);
  }
}

for (const [name, address] of Object.entries(PAGES)) {
  test(`${name} holds`, async ({ page, complaints }) => {
    await signIn(page);
    await holds(page, () => open(page, address));
    // What these tests put into every frame is refused in one that runs nothing.
    const others = complaints.filter((text) => !/^Blocked script execution in '.*\/page'/.test(text));
    complaints.splice(0, complaints.length, ...others);
  });
}

test("the way in holds", async ({ page }) => {
  await holds(page, () => page.goto(`${origin()}/sign-in`));
});
