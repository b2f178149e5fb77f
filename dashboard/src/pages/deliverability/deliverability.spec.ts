/** Mailboxes, domains and alerts. */
import { expect } from "@playwright/test";
import { table } from "../../../browser/figures";
import { alone, origin, settled, signIn, test, told } from "../../../browser/pages";

test.beforeEach(({ page }) => signIn(page));

table("mailboxes", "/mailboxes?period=all", "mailboxes?limit=1000");
table("domains", "/mailboxes?tab=domains&period=all", "domains");

test.describe("of an account with lessons", () => {
  alone("ATLAS_LESSONS");

  test("mailboxes stand in the bands of their bounces, and an alert is acknowledged and taken back", async ({ page }) => {
    await page.goto(`${origin()}/mailboxes?period=year`);
    await settled(page);
    const from = `${new Date().getFullYear()}-01-01`;
    const boxes = (await told(page, `mailboxes?limit=1000&from=${from}`)).data as { sent: number | null; bounce_rate: number | null }[];
    const bad = boxes.filter((box) => (box.sent ?? 0) >= 50 && (box.bounce_rate ?? 0) > 0.03).length;
    const unknown = boxes.filter((box) => (box.sent ?? 0) < 50 || box.bounce_rate === null).length;
    await expect(page.locator("[data-band=bad]")).toHaveText(new RegExp(`: ${bad}$`));
    await expect(page.locator("[data-band=unknown]")).toHaveText(new RegExp(`: ${unknown}$`));
    await page.goto(`${origin()}/mailboxes?tab=alerts`);
    await settled(page);
    const alerts = (await told(page, "alerts?standing=true&limit=1000")).data;
    await expect(page.locator("[data-alert]")).toHaveCount(alerts.length);
    if (alerts.length === 0) return;
    const first = page.locator("[data-alert]").first();
    await first.getByRole("button", { name: /^Acknowledge/ }).click();
    await expect(first).toContainText("admin@example.org looks after it");
    await first.getByRole("button", { name: /^Take back/ }).click();
    await expect(first).not.toContainText("looks after it");
  });
});
