/** The glossary. */
import { expect } from "@playwright/test";
import { open, signIn, test, told } from "../../../browser/pages";

test.beforeEach(({ page }) => signIn(page));

test("every metric of the API is there, with its formula and what it is", async ({ page }) => {
  await open(page, "/glossary");
  const { data } = await told(page, "glossary");
  expect(data.length).toBeGreaterThan(20);
  for (const { title, formula, about } of data) {
    const entry = page.locator("main").getByText(title, { exact: true }).first();
    await expect(entry, title).toBeAttached();
    for (const text of [formula, about]) await expect(page.locator("main"), title).toContainText(text);
  }
});
