/** Templates and patterns. */
import { expect } from "@playwright/test";
import { table } from "../../../browser/figures";
import { alone, origin, settled, signIn, test, told } from "../../../browser/pages";
import { showCount, showRate } from "../../figures/figure";
import { mail } from "../../words/mail";

test.beforeEach(({ page }) => signIn(page));

table("copy-variants", "/copy", "variants?limit=1000");

test.describe("of an account with lessons", () => {
  alone("ATLAS_LESSONS");

  test("templates are ranked as the API ranks them, and two are laid side by side by an address", async ({ page }) => {
    await page.goto(`${origin()}/copy`);
    await settled(page);
    const lines = (await told(page, "variants?limit=1000")).data;
    await expect(page.getByRole("status").first()).toContainText(`${showCount(lines.length)} rows`);
    const best = lines.find((line: { reply_rate_shrunken: number | null }) => line.reply_rate_shrunken !== null);
    await expect(page.locator("tbody tr").first()).toContainText(showRate(best.reply_rate_shrunken));
    const [first, second] = [0, 1].map((index) => page.locator("tbody tr").nth(index).getByRole("checkbox"));
    await first!.check();
    await second!.check();
    const beside = page.getByRole("region", { name: "Side by side" });
    await expect(beside.getByRole("region", { name: "A", exact: true })).toBeVisible();
    await page.reload();
    await expect(beside.getByRole("region", { name: "B", exact: true })).toBeVisible();
  });

  test("patterns that are not conclusive say so, each with its sample", async ({ page }) => {
    await page.goto(`${origin()}/copy?tab=patterns`);
    await settled(page);
    const lines = (await told(page, "patterns?scope=all&limit=1000")).data;
    const sure = lines.filter((line: { verdict: string }) => line.verdict !== "not_conclusive").length;
    await expect(page.getByRole("note")).toContainText(`${showCount(sure)} of ${showCount(lines.length)}`);
    await page.getByRole("switch", { name: "Only what is sure" }).click({ force: true });
    await expect(page).toHaveURL(/only=sure/);
    if (lines.length === 0) await expect(page.getByText(mail.copy.noPatterns)).toBeVisible();
    else if (sure === 0) await expect(page.getByText(mail.copy.nothingSure(showCount(lines.length)))).toBeVisible();
    else {
      await expect(page.locator("tbody tr").first()).toBeVisible();
      await expect(page.locator("tbody tr").filter({ hasText: "not conclusive" })).toHaveCount(0);
    }
  });
});
