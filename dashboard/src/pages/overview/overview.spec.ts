/** The overview: its figures, its chart, and what a figure opens. */
import { expect } from "@playwright/test";
import { cards, download, isShown, onScreen } from "../../../browser/figures";
import { ago, open, signIn, test, told } from "../../../browser/pages";
import { countOf, type Line, showCount } from "../../figures/figure";
import { words } from "../../words";
import { mail } from "../../words/mail";

test.beforeEach(({ page }) => signIn(page));

cards("/", "overview");

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
