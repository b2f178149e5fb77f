/** Cold loads of the overview, changes of its period and filters, and the first answer of a server that has nothing yet. */
import { rmSync } from "node:fs";
import type { Browser, Page } from "@playwright/test";
import { words } from "../src/words";
import { origin, signIn, test } from "../browser/pages";
import { folder, program, serve } from "../browser/world";

const ROUNDS = 7;

/** What the page notes of itself; times in milliseconds since it was asked for, or since somebody chose something. */
type Seen = { shift: number; first?: number; whole?: number; began: number; open: number; asked: number; moved: number; figures?: number };
type Noted = { seen: Seen };

function note(): void {
  const seen: Seen = ((globalThis as unknown as Noted).seen = { shift: 0, began: 0, open: 0, asked: 0, moved: 0 });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]) if (!entry.hadRecentInput) seen.shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  const plain = globalThis.fetch;
  globalThis.fetch = async (...args) => {
    seen.open++;
    seen.asked++;
    try {
      return await plain(...args);
    } finally {
      seen.open--;
    }
  };
  const begin = (event: Event) => Object.assign(seen, { began: event.timeStamp, asked: 0, figures: undefined });
  for (const kind of ["keydown", "change"]) addEventListener(kind, begin, { capture: true });
  new MutationObserver((changes) => {
    seen.moved = performance.now();
    const isFigure = ({ target }: MutationRecord) => Boolean((target instanceof Element ? target : target.parentElement)?.closest("[data-figure]"));
    if (changes.some(isFigure)) seen.figures ??= seen.moved;
    const isThere = Boolean(document.querySelector("[data-figure]"));
    if (isThere) seen.first ??= seen.moved;
    if (isThere && !document.querySelector(".mantine-Skeleton-root")) seen.whole ??= seen.moved;
  }).observe(document, { childList: true, subtree: true, characterData: true });
}

const seen = (page: Page) => page.evaluate(() => (globalThis as unknown as Noted).seen);

/** Until nothing is asked and nothing has moved for a while. */
const still = (page: Page) =>
  page.waitForFunction(() => {
    const { seen } = globalThis as unknown as Noted;
    return seen.whole && seen.asked > 0 && seen.open === 0 && performance.now() - seen.moved > 250;
  });

/** What is changed, and how. */
const CHANGES: [string, (page: Page) => Promise<unknown>][] = [
  ["7 days", (page) => page.keyboard.press("w")],
  ["this year", (page) => page.keyboard.press("y")],
  ["all time", (page) => page.keyboard.press("a")],
  ["a client", (page) => page.getByRole("combobox", { name: words.filters.client }).selectOption({ index: 1 })],
];

const results = new Map<string, number[]>();
const add = (what: string, value: number | undefined) => results.set(what, [...(results.get(what) ?? []), value ?? Number.NaN]);

test("a server in an empty folder", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const dir = folder("empty");
    const began = performance.now();
    const running = await serve(program(dir).env);
    await (await fetch(`${running.origin}/`)).text();
    add("an empty folder: from the start of `atlas serve` to its page, ms", performance.now() - began);
    await running.end();
    rmSync(dir, { recursive: true, force: true });
  }
});

test("the overview", async ({ browser }) => {
  for (let round = 0; round < ROUNDS; round++) await visit(browser);
});

/** As somebody who has never been here, with nothing in the browser's cache. */
async function visit(browser: Browser): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(note);
  await signIn(page);
  await page.goto(`${origin()}/`);
  await still(page);
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  const cold = await seen(page);
  add("cold: first paint, ms", paint);
  add("cold: first figures, ms", cold.first);
  add("cold: everything, ms", cold.whole);
  add("cold: layout shift", cold.shift);
  await page.getByRole("heading", { level: 1 }).click();
  for (const [what, choose] of CHANGES) {
    await choose(page);
    await still(page);
    const changed = await seen(page);
    add(`${what}: first figures, ms`, (changed.figures ?? Number.NaN) - changed.began);
    add(`${what}: everything, ms`, changed.moved - changed.began);
  }
  add("changes: layout shift", (await seen(page)).shift - cold.shift);
  await context.close();
}

test.afterAll(() => {
  console.log(`\nmedian and slowest of ${ROUNDS}`);
  for (const [what, values] of results) {
    const sorted = values.toSorted((a, b) => a - b);
    const show = (value: number) => (what.endsWith("ms") ? value.toFixed(0) : value.toFixed(3));
    console.log(`${what.padEnd(72)}${show(sorted[Math.floor(sorted.length / 2)]!).padStart(8)}${show(sorted.at(-1)!).padStart(8)}`);
  }
});
