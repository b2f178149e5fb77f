/** The view that is shared with a client. */
import { expect } from "@playwright/test";
import { alone, biggestClient, listen, open, origin, signIn, test, told } from "../../../browser/pages";
import { HOSTILE } from "../../../browser/world";
import { showCount } from "../../figures/figure";
import { words } from "../../words";
import { running } from "../../words/running";

alone("ATLAS_LIVE");
test.beforeEach(({ page }) => signIn(page));

test("a share link shows one client and nothing else, until it is revoked", async ({ page, browser, complaints }) => {
  const client = await biggestClient(page);
  await open(page, "/settings?tab=links");
  await page.getByRole("combobox", { name: words.filters.client }).selectOption(client);
  await page.getByRole("button", { name: running.settings.makeLink }).click();
  const link = (await page.locator("[data-secret]").textContent())!;
  const stranger = await browser.newContext();
  const seen = await stranger.newPage();
  await listen(seen, complaints);
  await seen.goto(link);
  await expect(seen.getByRole("heading", { level: 1 })).toHaveText(client);
  const total = (await told(page, `overview?client=${encodeURIComponent(client)}`)).data[0];
  await seen.getByRole("tab", { name: words.week.tabs.figures }).click();
  await expect(seen.locator("[data-kpi=total_sent]")).toBeVisible();
  await seen.keyboard.press("a");
  await expect(seen.locator("[data-kpi=total_sent] [data-figure]")).toContainText(showCount(total.total_sent));
  await expect(seen.getByText(HOSTILE)).toHaveCount(0);
  const bearer = { Authorization: `Bearer ${link.split("#")[1]}` };
  const asks = async (path: string) => (await stranger.request.get(`${origin()}/api/v1/${path}`, { headers: bearer })).status();
  for (const path of ["overview?client=Other", "sources", "users"]) expect(await asks(path)).toBe(403);
  await page.getByRole("button", { name: `${running.settings.remove}: ${client}` }).click();
  await page.getByRole("button", { name: running.settings.sure }).click();
  await expect(page.getByText(running.settings.noLinks)).toBeVisible();
  expect(await asks("overview")).toBe(401);
  // Whoever opens it again is told so.
  expect(complaints).toEqual([]);
  await seen.reload();
  await expect(seen.getByRole("alert")).toContainText(words.signIn.nobody);
  await stranger.close();
});
