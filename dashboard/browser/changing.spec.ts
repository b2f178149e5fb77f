/** What changes while one looks: a source that is added and synced, a delivery that arrives, a link that is shared and revoked. */
import { expect } from "@playwright/test";
import { showCount } from "../src/figures/figure";
import { words } from "../src/words";
import { mail } from "../src/words/mail";
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

/** What an e-mail may try: to run something, to be seen, to send something, to lead away. */
const TRICKS = `<script>alert(1)</script><style>@import url(https://example.org/a.css); body { background: url(https://example.org/b.png) }</style>
  <meta http-equiv="refresh" content="0;url=https://example.org/c"><base href="https://example.org/"><link rel="stylesheet" href="https://example.org/d.css">
  <img src="https://example.org/seen.png" alt="a pixel" onerror="alert(2)" onload="alert(3)"><img src="x" onerror="alert(4)">
  <p style="background-image: url(https://example.org/e.png); color: red" onclick="alert(5)">You may call</p>
  <form action="https://example.org/f"><input name="password" autofocus onfocus="alert(6)"><button>Go</button></form>
  <svg onload="alert(7)"><script>alert(8)</script><image href="https://example.org/g.png"/></svg><iframe src="https://example.org/h"></iframe>
  <a href="javascript:alert(9)">here</a> <a href="https://example.org/i">there</a> <video src="https://example.org/j.mp4" autoplay></video>`;

test("a delivery that arrives is counted on the page, and what is hostile in it neither runs nor loads anything", async ({ page }) => {
  const elsewhere: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(origin())) elsewhere.push(request.url());
  });
  await open(page, "/health");
  const count = page.locator('[data-deliveries="mails"]');
  const before = Number((await count.textContent())?.replaceAll(",", ""));
  const campaign = (await told(page, "campaigns?source=mails&limit=1")).data[0];
  const posted = await page.request.post(process.env.ATLAS_WEBHOOK!, {
    data: {
      event_type: "EMAIL_REPLY", campaign_id: campaign.campaign_id, event_timestamp: new Date().toISOString(), to_email: "hostile@example.org", to_name: HOSTILE,
      sl_lead_email: "hostile@example.org", from_email: "me@example.org", subject: HOSTILE, message_id: `<${Math.random()}@x>`, reply_body: `${TRICKS} ${HOSTILE}`,
    },
  });
  expect(await posted.json()).toEqual({ received: 1 });
  await expect(count).toHaveText(showCount(before + 1));
  await open(page, "/replies?period=all");
  await page.locator("[data-reply]").filter({ hasText: "You may" }).getByRole("button").click();
  // As its sender laid it out, but for all that.
  const frame = page.locator("iframe[title=Thread]");
  await expect(frame).toHaveAttribute("sandbox", "");
  const letter = page.frameLocator("iframe[title=Thread]").locator("article.marked");
  await expect(letter.locator("p", { hasText: "You may call" })).toHaveCSS("color", "rgb(255, 0, 0)");
  await expect(letter.getByAltText("a pixel")).toBeAttached();
  await expect(letter.locator("script, style, meta, form, input, svg, iframe, video, [href], [src], [onclick]")).toHaveCount(0);
  await expect(letter.getByTitle("https://example.org/i")).toHaveText("there");
  const answer = await page.request.get(origin() + (await frame.getAttribute("src")));
  expect(answer.headers()["content-security-policy"]).toMatch(/^sandbox; default-src 'none'; .*frame-ancestors 'self'$/);
  // And as text, which the address keeps.
  await page.getByText(mail.letters.text, { exact: true }).click();
  await expect(page.locator("article[data-marked]")).toContainText("You may call");
  await expect(frame).toHaveCount(0);
  await expect(page).toHaveURL(/as=text/);
  expect(elsewhere).toEqual([]);
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
