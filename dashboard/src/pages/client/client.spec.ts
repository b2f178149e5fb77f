/** A client: figures, week, targets. */
import { expect } from "@playwright/test";
import { cards } from "../../../browser/figures";
import { alone, origin, settled, signIn, test, told } from "../../../browser/pages";

test.beforeEach(({ page }) => signIn(page));

cards("/clients/:client?tab=figures", "overview?client=:client");

test.describe("of an account with lessons", () => {
  alone("ATLAS_LESSONS");

  test("a client's week is the API's, and a target that is set stands beside it", async ({ page }) => {
    await page.goto(`${origin()}/clients/Acme?tab=targets`);
    const [sent, save] = [page.getByRole("spinbutton", { name: "Sent" }), page.getByRole("button", { name: "Save" })];
    const { targets } = await told(page, "clients/Acme/targets");
    // What is no number stays where it is and is not sent.
    await sent.pressSequentially("1e");
    await save.click();
    await expect(sent).toBeFocused();
    expect(await sent.evaluate((field: HTMLInputElement) => field.validity.badInput)).toBe(true);
    expect((await told(page, "clients/Acme/targets")).targets).toEqual(targets);
    await sent.fill("1000000");
    await save.click();
    await expect.poll(async () => (await told(page, "clients/Acme/targets")).targets.total_sent).toBe(1_000_000);
    await page.goto(`${origin()}/clients/Acme`);
    await settled(page);
    const week = await told(page, "clients/Acme/report");
    await expect(page.locator("[data-judgement]")).toContainText(week.judgement.text);
    await expect(page.locator("[data-week]")).toHaveCount(6);
    await expect(page.locator("[data-week=total_sent]")).toContainText("1,000,000");
    await page.getByRole("button", { name: "Week before" }).click();
    await expect(page).toHaveURL(/id=\d{4}-\d{2}-\d{2}/);
  });
});
