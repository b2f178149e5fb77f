/** What changes while one looks: a source that is added and synced, a delivery that arrives, a link that is shared and revoked. */
import { expect } from "@playwright/test";
import { showCount } from "../src/figures/figure";
import { words } from "../src/words";
import { running } from "../src/words/running";
import { alone, biggestClient, listen, open, origin, signIn, test, told } from "./pages";
import { HOSTILE } from "./world";

alone("ATLAS_LIVE");
test.beforeEach(({ page }) => signIn(page));

test("a source that is added on the screen is synced, and is watched as it goes", async ({ page }) => {
  await open(page, "/settings");
  // As it is filled in, but for the service's address, which no form asks for.
  await page.route("**/api/v1/sources", async (route) => {
    if (route.request().method() !== "POST") return route.fallback();
    await route.continue({ postData: JSON.stringify({ ...route.request().postDataJSON(), base_url: process.env.ATLAS_SLOW, settings: { pace: "off" } }) });
  });
  await page.locator("[name=name]").fill("added");
  await page.locator("[name=key]").fill("twin-key");
  await page.getByRole("button", { name: running.settings.addSource }).click();
  await expect(page.getByRole("region", { name: "added", exact: true })).toBeVisible();
  // It is taken up by itself.
  await page.getByRole("navigation").getByRole("link", { name: words.nav.health }).click();
  const section = page.getByRole("region", { name: "added", exact: true });
  await expect(section.getByText(running.health.outcomes.running, { exact: true })).toBeVisible();
  const progress = section.getByRole("tab", { name: running.health.progress });
  if ((await progress.getAttribute("aria-selected")) !== "true") await progress.click();
  await expect(section.getByRole("progressbar").first()).toBeVisible();
  await expect(section.getByText(running.health.outcomes.done, { exact: true })).toBeVisible({ timeout: 40_000 });
  const { figures } = await told(page, "sources/added");
  expect(figures.campaigns).toBeGreaterThan(0);
  await expect(section).toContainText(running.health.of(showCount(figures.known), showCount(figures.campaigns)));
});

test("a delivery that arrives is counted on the page, and what is hostile in it is text", async ({ page }) => {
  await open(page, "/health");
  const count = page.locator('[data-deliveries="mails"]');
  const before = Number((await count.textContent())?.replaceAll(",", ""));
  const campaign = (await told(page, "campaigns?source=mails&limit=1")).data[0];
  const posted = await page.request.post(process.env.ATLAS_WEBHOOK!, {
    data: {
      event_type: "EMAIL_REPLY", campaign_id: campaign.campaign_id, event_timestamp: new Date().toISOString(), to_email: "hostile@example.org", to_name: HOSTILE,
      sl_lead_email: "hostile@example.org", from_email: "me@example.org", subject: HOSTILE, message_id: `<${Math.random()}@x>`,
      reply_body: `<script>alert(1)</script><img src="https://example.org/seen.png" onload="alert(1)">You may &lt;b&gt; call ${HOSTILE}`,
    },
  });
  expect(await posted.json()).toEqual({ received: 1 });
  await expect(count).toHaveText(showCount(before + 1));
  await open(page, "/replies?period=all");
  await page.locator("[data-reply]").filter({ hasText: "You may" }).getByRole("button").click();
  await expect(page.frameLocator("iframe[title=Thread]").locator("article.marked")).toContainText("You may");
});

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
