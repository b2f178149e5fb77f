/** Every figure on a page is the API's, and what is taken away as a file is what is on the screen. */
import { readFileSync } from "node:fs";
import { expect, type Locator, type Page } from "@playwright/test";
import { countOf, type Line, rateOf, showCount, showRate, showSeconds, showTime, UNKNOWN } from "../src/figures/figure";
import { words } from "../src/words";
import { mail } from "../src/words/mail";
import { running } from "../src/words/running";
import { ago, open, places, signIn, test, told } from "./pages";

test.beforeEach(({ page }) => signIn(page));

const isTime = (metric: string): boolean => /seconds|^time_/.test(metric);

/** A metric as a card shows it. */
function carded(line: Line, metric: string): string {
  if (!isTime(metric) && `${metric}_denominator` in line) return showRate(rateOf(line, metric).rate);
  const { value, isPartial } = countOf(line, metric);
  if (value === null) return UNKNOWN;
  return (isPartial ? "≥ " : "") + (isTime(metric) ? showTime(metric, value) : showCount(value));
}

/** Pages with cards, and where the API tells the same. */
const CARDS: [address: string, path: string][] = [
  ["/", "overview"],
  ["/calls", "calls?group_by=total"],
  ["/journey", "journey?group_by=total"],
  ["/clients/:client?tab=figures", "overview?client=:client"],
  ["/campaigns/mails/:campaign", "campaigns?source=mails&campaign=:campaign"],
];

for (const [address, path] of CARDS) {
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

/** Tables by their names, where they are and where the API tells the same. */
const TABLES: Record<string, [address: string, path: string]> = {
  campaigns: ["/campaigns?period=all", "campaigns?limit=1000"],
  clients: ["/clients?period=all", "clients"],
  callers: ["/calls?period=all", "calls?group_by=caller"],
  "journey-client": ["/journey?period=all", "journey?group_by=client"],
  "journey-campaign": ["/journey?period=all&tab=campaign", "journey?group_by=campaign"],
  "copy-variants": ["/copy", "variants?limit=1000"],
  mailboxes: ["/mailboxes?period=all", "mailboxes?limit=1000"],
  domains: ["/mailboxes?tab=domains&period=all", "domains"],
  sessions: ["/calls?tab=sessions&period=all", "calls/sessions?limit=1000"],
  "messages-sent": ["/behind?id=total_sent&period=all", "messages?limit=500"],
  "messages-bounced": ["/behind?id=bounce_rate&period=all", "messages?kind=bounced&limit=500"],
  "calls-connects": ["/behind?id=connects&period=all", "calls/list?kind=connects&limit=500"],
  "people-replied": ["/behind?id=replied&period=all", "journey/people?stage=replied&limit=500"],
};

for (const [name, [address, path]] of Object.entries(TABLES)) {
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

test("a chart as a table is the API's days beside those before, and its file is the table", async ({ page }) => {
  const days = `from=${ago(20)}&to=${ago(2)}`;
  await open(page, `/?period=custom&${days}`);
  const chart = page.getByRole("region", { name: words.overview.trend }).first();
  await chart.getByRole("switch", { name: words.charts.asTable }).click({ force: true });
  const { data, previous } = await told(page, `series?${days}&compare=previous`);
  const [head, ...rows] = await download(chart);
  const count = (line: Line, metric: string) => String(countOf(line, metric).value ?? "");
  expect(rows.map((row) => row.slice(0, 3))).toEqual(data.map((line: Line) => [line.date, count(line, "total_sent"), count(line, "total_replied")]));
  const before = new Map<string, Line>(previous.data.map((line: Line) => [line.date, line]));
  const earlier = (date: string) => new Date(Date.parse(date) - 21 * 86_400_000).toISOString().slice(0, 10);
  for (const row of rows) expect(`${row[0]} ${row[4]}`).toBe(`${row[0]} ${count(before.get(earlier(row[0]!)) ?? {}, "total_sent")}`);
  const shown = await onScreen(page, words.overview.trend);
  expect(shown.head).toEqual(head);
  for (const [line, cells] of shown.rows.entries()) for (const [index, cell] of cells.entries()) expect(isShown(rows[line]![index]!, cell), `${cell} for ${rows[line]![index]}`).toBe(true);
});

/** The lines of the file that a part of a page gives. */
async function download(part: Locator): Promise<string[][]> {
  const coming = part.page().waitForEvent("download");
  await part.getByRole("button", { name: words.table.csv }).click();
  const text = readFileSync(await (await coming).path(), "utf8");
  const cells = [...text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r\n)/g)];
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of cells) {
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end === "\r\n") rows.push([]);
  }
  return rows.slice(0, -1);
}

async function onScreen(page: Page, name: string): Promise<{ head: string[]; rows: string[][] }> {
  return page.locator(`table[aria-label="${name}"]`).evaluate((table) => {
    const texts = (row: Element) => [...row.children].map((cell) => cell.textContent!.trim());
    return { head: texts(table.querySelector("thead tr")!), rows: [...table.querySelectorAll("tbody tr")].map(texts) };
  });
}

/** As the pages write instants, where the browser of the tests is. */
const MINUTES = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });

/** Whether a cell shows a value of the file, in one of the ways in which figures are written; what is unknown has no digits. */
function isShown(value: string, cell: string): boolean {
  if (value === "") return cell.includes(UNKNOWN) || !/\d/.test(cell);
  if (/^\d{4}-\d{2}-\d{2}T/.test(value)) return cell.includes(MINUTES.format(new Date(value)));
  const number = Number(value);
  if (Number.isNaN(number)) return cell.includes(value.replace(/^'/, "").trim());
  const ways = [value, showCount(number), showRate(number), showSeconds(number), showTime("talk_seconds", number), Math.abs(number * 100).toFixed(2)];
  if (number === 0 && cell.includes(words.delta.same)) return true;
  // Never as a part of another number.
  return ways.some((text) => new RegExp(`(?<![\\d.,])${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?!\\d|[.,]\\d)`).test(cell));
}

test("data health tells what the API tells of each source, and where the services count otherwise", async ({ page }) => {
  await open(page, "/health");
  for (const { name } of (await told(page, "sources")).data) {
    const state = await told(page, `sources/${name}`);
    const section = page.getByRole("region", { name, exact: true });
    await expect(section).toContainText(`${showCount(state.figures.known)} of ${showCount(state.figures.campaigns)}`);
    await expect(section.locator(`[data-deliveries="${name}"]`)).toHaveText(showCount(state.deliveries.received));
    await section.getByRole("tab", { name: "Runs" }).click();
    const runs = (await told(page, `sources/${name}/runs`)).data;
    await expect(section.getByRole("table").locator("tbody tr")).toHaveCount(Math.min(50, runs.length));
    await expect(section.getByRole("table").locator("tbody tr").first()).toContainText(showCount(runs[0].calls));
  }
  await open(page, "/health?tab=reconciliation");
  const { sources } = await told(page, "reconciliation");
  const sum = (field: "equal" | "campaigns") => showCount(sources.reduce((all: number, one: Record<string, number>) => all + one[field]!, 0));
  await expect(page.getByRole("region", { name: running.health.reconciliation }).first()).toContainText(running.health.agree(sum("equal"), sum("campaigns")));
});

test("a number says what it is, of what, where it comes from, and opens the replies behind it", async ({ page }) => {
  await open(page, "/?period=all");
  const total = (await told(page, "overview")).data[0];
  const card = page.locator("[data-kpi=reply_rate]");
  await card.getByRole("button").click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("total_replied / total_delivered");
  await expect(dialog).toContainText(`${showCount(total.reply_rate_numerator)} / ${showCount(total.reply_rate_denominator)}`);
  await expect(dialog).toContainText("From SmartLead");
  await expect(dialog).toContainText(words.explain.read);
  // The way on stands before what may be long.
  await expect(dialog.getByRole("link", { name: words.explain.lists.replies })).toBeInViewport();
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(card.getByRole("button")).toBeFocused();
  await page.locator("[data-kpi=total_sent]").getByRole("button").click();
  await dialog.getByRole("link", { name: words.explain.lists.messages }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(mail.behind.title("Sent"));
  await expect(page).toHaveURL(/period=all/);
  // Those of one campaign, and no others.
  const newest = (await told(page, "replies?limit=1")).data[0];
  const part = `source=${newest.source_name}&campaign=${newest.campaign_id}`;
  const campaign = (await told(page, `campaigns?${part}`)).data[0];
  await open(page, `/campaigns?period=all&source=${newest.source_name}`);
  await page.getByRole("textbox", { name: "Search" }).fill(campaign.campaign_name);
  await page.getByRole("row", { name: campaign.campaign_name }).getByRole("button", { name: showCount(campaign.total_replied), exact: true }).click();
  await dialog.getByRole("link", { name: words.explain.lists.replies }).click();
  await expect(page).toHaveURL(new RegExp(`/replies\\?.*campaign=.*${campaign.campaign_id}`));
  const replies = (await told(page, `replies?${part}&limit=50`)).data;
  const entries = page.locator("[data-reply]");
  await expect(entries).toHaveCount(replies.length);
  for (const entry of await entries.allTextContents()) expect(entry).toContain(campaign.campaign_name);
  await entries.first().getByRole("button").click();
  await expect(page.frameLocator("iframe[title=Thread]").locator("article.marked")).toContainText((replies[0].body_plain ?? replies[0].subject).slice(0, 20));
});
