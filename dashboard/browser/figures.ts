/** Holds that every figure on a page is the API's, and what is taken away as a file is what is on the screen. */
import { readFileSync } from "node:fs";
import { expect, type Locator, type Page } from "@playwright/test";
import { countOf, type Line, rateOf, showCount, showRate, showSeconds, showTime, UNKNOWN } from "../src/figures/figure";
import { words } from "../src/words";
import { ago, open, places, test, told } from "./pages";

const isTime = (metric: string): boolean => /seconds|^time_/.test(metric);

/** A metric as a card shows it. */
function carded(line: Line, metric: string): string {
  if (!isTime(metric) && `${metric}_denominator` in line) return showRate(rateOf(line, metric).rate);
  const { value, isPartial } = countOf(line, metric);
  if (value === null) return UNKNOWN;
  return (isPartial ? "≥ " : "") + (isTime(metric) ? showTime(metric, value) : showCount(value));
}

/** The cards of a page, and where the API tells the same. */
export function cards(address: string, path: string): void {
  test(`cards of ${address} are the API's, in each period`, async ({ page }) => {
    const there = await places(page);
    for (const days of [`from=${ago(20)}&to=${ago(2)}`, `from=${ago(90)}&to=${ago(40)}`]) {
      await open(page, `${address}${address.includes("?") ? "&" : "?"}period=custom&${days}`);
      const { data, previous } = await told(page, there(`${path}${path.includes("?") ? "&" : "?"}${days}&compare=previous`));
      const cards = await page.locator("[data-kpi]").evaluateAll((nodes) =>
        (nodes as HTMLElement[]).map((node) => [node.dataset.kpi!, node.querySelector("[data-figure]")!.textContent!, node.textContent!] as const),
      );
      expect(cards.length).toBeGreaterThan(3);
      for (const [metric, figure] of cards) expect(`${metric} ${figure}`).toBe(`${metric} ${carded(data[0], metric)}`);
      // What it was before.
      expect(previous).toBeTruthy();
      const [metric, , card] = cards[0]!;
      const [now, then] = [countOf(data[0], metric).value, previous.data[0] && countOf(previous.data[0], metric).value];
      if (now !== null && typeof then === "number" && now !== then) expect(card).toContain(showCount(Math.abs(now - then)));
    }
  });
}

/** A table by its name, where it is and where the API tells the same. */
export function table(name: string, address: string, path: string): void {
  test(`the table ${name} is the API's, and its file is the table`, async ({ page }) => {
    await open(page, address);
    const lines: Line[] = (await told(page, path)).data;
    await expect(page.getByRole("status").getByText(`${lines.length} rows`)).toBeVisible();
    const [head, ...rows] = await download(page.locator(`[data-table="${name}"]`));
    expect(rows.length).toBe(lines.length);
    const metrics = new Map<string, string>((await told(page, "glossary")).data.map((line: { title: string; name: string }) => [line.title, line.name]));
    for (const [index, title] of head!.entries()) {
      const metric = metrics.get(title);
      // Of a person a figure is a yes or a no.
      if (!metric || !(metric in (lines[0] ?? {})) || "person" in lines[0]!) continue;
      expect(rows.map((row) => row[index]).toSorted(), title).toEqual(lines.map((line) => String(countOf(line, metric).value ?? "")).toSorted());
    }
    const shown = await onScreen(page, name);
    expect(shown.rows.length).toBeGreaterThan(0);
    for (const [line, cells] of shown.rows.entries()) {
      for (const [index, title] of head!.entries()) {
        const cell = cells[shown.head.indexOf(title)]!;
        const value = rows[line]![index]!;
        expect(isShown(value, cell), `${title} of line ${line}: "${cell}" for "${value}"`).toBe(true);
      }
    }
  });
}

/** The lines of the file that a part of a page gives. */
export async function download(part: Locator): Promise<string[][]> {
  const coming = part.page().waitForEvent("download");
  await part.getByRole("button", { name: words.table.csv }).click();
  const text = readFileSync(await (await coming).path(), "utf8").replace(/^\ufeff/, "");
  const cells = [...text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r\n)/g)];
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of cells) {
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end === "\r\n") rows.push([]);
  }
  return rows.slice(0, -1);
}

export async function onScreen(page: Page, name: string): Promise<{ head: string[]; rows: string[][] }> {
  return page.locator(`table[aria-label="${name}"]`).evaluate((table) => {
    const texts = (row: Element) => [...row.children].map((cell) => cell.textContent!.trim());
    return { head: texts(table.querySelector("thead tr")!), rows: [...table.querySelectorAll("tbody tr")].map(texts) };
  });
}

/** As the pages write instants, where the browser of the tests is. */
const MINUTES = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });

/** Whether a cell shows a value of the file, in one of the ways in which figures are written; what is unknown has no digits. */
export function isShown(value: string, cell: string): boolean {
  if (value === "") return cell.includes(UNKNOWN) || !/\d/.test(cell);
  if (/^\d{4}-\d{2}-\d{2}T/.test(value)) return cell.includes(MINUTES.format(new Date(value)));
  const number = Number(value);
  if (Number.isNaN(number)) return cell.includes(value.replace(/^'/, "").trim());
  const ways = [value, showCount(number), showRate(number), showSeconds(number), showTime("talk_seconds", number), Math.abs(number * 100).toFixed(2)];
  if (number === 0 && cell.includes(words.delta.same)) return true;
  // Never as a part of another number.
  return ways.some((text) => new RegExp(`(?<![\\d.,])${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?!\\d|[.,]\\d)`).test(cell));
}
