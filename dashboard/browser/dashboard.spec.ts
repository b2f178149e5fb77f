/** What a person does with the dashboard, and what they must be able to trust. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect } from "@playwright/test";
import { showCount, showRate } from "../src/figures/figure";
import { origin, PAGES, settled, signIn, test, told } from "./pages";
import { ADMIN, HOSTILE } from "./world";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

test("whoever is not signed in is asked to, and then is where they wanted to be", async ({ page, complaints }) => {
  const wanted = `${origin()}/campaigns?period=year&q=uk`;
  await page.goto(wanted);
  await page.getByLabel("E-mail").fill(ADMIN.email);
  await page.getByLabel("Password").fill("not it at all");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  await page.getByLabel("E-mail").fill(ADMIN.email);
  await page.getByLabel("Password").fill(ADMIN.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(wanted);
  await expect(page.getByRole("textbox", { name: "Search" })).toHaveValue("uk");
  // Being turned away twice is what was tried.
  complaints.length = 0;
});

test.describe("signed in", () => {
  test.beforeEach(({ page }) => signIn(page));

  test("the overview's figures are the API's, and change with the period", async ({ page }) => {
    for (const days of ["from=2026-09-01&to=2026-09-30", "from=2026-10-01&to=2026-10-31"]) {
      await page.goto(`${origin()}/?period=custom&${days}`);
      await settled(page);
      const total = (await told(page, `overview?${days}`)).data[0];
      const shown = (metric: string) => page.locator(`[data-kpi=${metric}] [data-figure]`);
      for (const metric of ["total_sent", "total_delivered", "dials"]) {
        await expect(shown(metric)).toContainText(showCount(total[metric]));
      }
      for (const metric of ["reply_rate", "bounce_rate"]) await expect(shown(metric)).toHaveText(showRate(total[metric]));
    }
  });

  test("a number says what it is, of what, and where it comes from", async ({ page }) => {
    await page.goto(`${origin()}/?period=all`);
    const card = page.locator("[data-kpi=reply_rate]");
    await card.getByRole("button").click();
    const total = (await told(page, "overview")).data[0];
    const dialog = page.getByRole("dialog");
    await expect(dialog).toContainText("total_replied / total_delivered");
    await expect(dialog).toContainText(`${showCount(total.reply_rate_numerator)} / ${showCount(total.reply_rate_denominator)}`);
    await expect(dialog).toContainText("From SmartLead");
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
    // And the replies that it counts.
    await card.getByRole("button").click();
    await dialog.getByRole("link", { name: "The replies behind it" }).click();
    const newest = (await told(page, "replies?limit=1")).data[0];
    await expect(page.locator("tbody tr").first()).toContainText(newest.campaign_name);
    await page.locator("tbody tr").first().getByRole("button").click();
    await expect(page.getByRole("dialog")).toContainText(newest.campaign_name);
  });

  test("the table is the API's, its file is the table, and its state is in the address", async ({ page }) => {
    await page.goto(`${origin()}/campaigns?period=all`);
    await settled(page);
    const lines = (await told(page, "campaigns?limit=1000")).data;
    await expect(page.getByRole("status").first()).toHaveText(`${lines.length} rows`);
    await page.getByRole("button", { name: "Replied", exact: true }).click();
    await page.getByRole("textbox", { name: "Search" }).fill("active");
    await expect(page).toHaveURL(/sort=-total_replied.*q=active|q=active.*sort=-total_replied/);
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "CSV" }).click();
    const file = readFileSync(await (await download).path(), "utf8").trim().split("\r\n");
    const rows = page.locator("tbody tr");
    expect(file.length - 1).toBe(await rows.count());
    const active = lines.filter((line: { status: string }) => line.status === "active");
    active.sort((a: { total_replied: number }, b: { total_replied: number }) => b.total_replied - a.total_replied);
    await expect(rows.first()).toContainText(showCount(active[0].total_sent));
    expect(file[1]).toContain(String(active[0].total_sent));
    // Reload, and another page and back.
    await page.reload();
    await expect(rows.first()).toContainText(showCount(active[0].total_sent));
    await rows.first().getByRole("link").click();
    await expect(page.locator("[data-kpi=total_sent] [data-figure]")).toHaveText(showCount(active[0].total_sent));
    await page.goBack();
    await expect(page.getByRole("textbox", { name: "Search" })).toHaveValue("active");
  });

  test("keys change the period, help and the palette open, and filters go along", async ({ page }) => {
    await page.goto(`${origin()}/`);
    await settled(page);
    await page.keyboard.press("y");
    await expect(page).toHaveURL(/period=year/);
    await page.keyboard.press("x");
    await expect(page).toHaveURL(/compare=false/);
    await page.keyboard.press("?");
    await expect(page.getByRole("dialog", { name: "Keys" })).toBeVisible();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+k");
    await page.getByRole("textbox", { name: "Jump anywhere" }).fill("calls");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/\/calls\?.*period=year/);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Calls");
  });

  test("a delivery that arrives is counted on the page", async ({ page }) => {
    await page.goto(`${origin()}/health`);
    const count = page.locator('[data-deliveries="mails"]');
    const before = Number((await count.textContent())?.replaceAll(",", ""));
    const campaign = (await told(page, "campaigns?source=mails")).data[0].campaign_id;
    const posted = await page.request.post(process.env.ATLAS_WEBHOOK!, {
      data: {
        event_type: "EMAIL_REPLY", campaign_id: campaign, event_timestamp: new Date().toISOString(), to_email: "hostile@example.org", to_name: HOSTILE,
        sl_lead_email: "hostile@example.org", from_email: "me@example.org", subject: HOSTILE, reply_body: `<script>alert(1)</script>${HOSTILE}`, message_id: `<${Math.random()}@x>`,
      },
    });
    expect(posted.ok()).toBe(true);
    await expect(count).toHaveText(String(before + 1), { timeout: 20_000 });
  });

  test("a share link shows one client and nothing else, until it is revoked", async ({ page, browser, complaints }) => {
    await page.goto(`${origin()}/settings?tab=links`);
    await page.getByRole("combobox", { name: "Client" }).selectOption("Acme");
    await page.getByRole("button", { name: "Make a link" }).click();
    const link = (await page.locator("[data-secret]").textContent())!;
    const stranger = await browser.newContext();
    const seen = await stranger.newPage();
    await seen.goto(link);
    await expect(seen.getByRole("heading", { level: 1 })).toHaveText("Acme");
    await expect(seen.locator("[data-kpi=total_sent] [data-figure]")).toBeVisible();
    const bearer = { Authorization: `Bearer ${link.split("#")[1]}` };
    for (const path of ["overview?client=Other", "sources", "users"]) {
      expect((await stranger.request.get(`${origin()}/api/v1/${path}`, { headers: bearer })).status()).toBe(403);
    }
    await page.getByRole("button", { name: "Remove: Acme" }).first().click();
    await page.getByRole("button", { name: "Remove for good" }).click();
    await expect(page.getByText("No share links.")).toBeVisible();
    expect((await stranger.request.get(`${origin()}/api/v1/overview`, { headers: bearer })).status()).toBe(401);
    await stranger.close();
    expect(complaints).toEqual([]);
  });

  for (const [name, address] of Object.entries(PAGES)) {
    test(`${name} holds on a desk and on a phone, by day and by night, for everybody`, async ({ page }) => {
      for (const [colorScheme, width] of [["light", 1440], ["dark", 390]] as const) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        await page.goto(`${origin()}${address}`);
        await settled(page);
        await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
        await expect(page.getByText("Try again")).toHaveCount(0);
        const overhang = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(overhang, "wider than the window").toBeLessThanOrEqual(0);
        await page.evaluate(AXE);
        const found = await page.evaluate(() => (globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> } }).axe.run());
        const serious = found.violations.filter(({ impact }) => impact === "serious" || impact === "critical");
        expect(serious.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html.slice(0, 160)).join(" | ")}`)).toEqual([]);
      }
    });
  }
});
