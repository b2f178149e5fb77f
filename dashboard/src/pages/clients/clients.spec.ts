/** All clients, and whose a campaign is. */
import { expect } from "@playwright/test";
import { table } from "../../../browser/figures";
import { alone, origin, signIn, test, told } from "../../../browser/pages";

test.beforeEach(({ page }) => signIn(page));

table("clients", "/clients?period=all", "clients");

test.describe("of an account with lessons", () => {
  alone("ATLAS_LESSONS");

  test("a rule says whose campaigns are, until it is removed", async ({ page }) => {
    const line = (await told(page, "campaigns?source=mails&limit=1")).data[0];
    await page.goto(`${origin()}/clients?tab=whose`);
    await page.locator("[name=pattern]").fill(line.campaign_name);
    await page.locator("[name=client]").first().fill("Rule & Co");
    await page.getByRole("button", { name: "Add a rule" }).click();
    await expect(page.getByRole("table", { name: "Rules" })).toContainText("Rule & Co");
    const reason = async () => told(page, `campaigns/mails/${line.campaign_id}/client`);
    expect(await reason()).toMatchObject({ client: "Rule & Co", because: "rule" });
    await page.getByRole("button", { name: /^Remove:/ }).first().click();
    await page.getByRole("button", { name: "Remove for good" }).click();
    await expect.poll(async () => (await reason()).because).not.toBe("rule");
  });
});
