/** Data health: sources, what they deliver, and what they count otherwise. */
import { expect } from "@playwright/test";
import { open, signIn, test, told } from "../../../browser/pages";
import { showCount } from "../../figures/figure";
import { running } from "../../words/running";

test.beforeEach(({ page }) => signIn(page));

test("data health tells what the API tells of each source, and where the services count otherwise", async ({ page }) => {
  await open(page, "/health");
  for (const { name } of (await told(page, "sources")).data) {
    const state = await told(page, `sources/${name}`);
    const section = page.getByRole("region", { name, exact: true });
    await expect(section).toContainText(`${showCount(state.figures.known)} of ${showCount(state.figures.campaigns)}`);
    await expect(section.locator(`[data-deliveries="${name}"]`)).toHaveText(showCount(state.deliveries.received));
    await section.getByRole("tab", { name: "Runs" }).click();
    const runs = (await told(page, `sources/${name}/runs`)).data;
    await expect(section.getByRole("table").locator("tbody tr")).toHaveCount(Math.min(50, runs.length));
    await expect(section.getByRole("table").locator("tbody tr").first()).toContainText(showCount(runs[0].calls));
  }
  await open(page, "/health?tab=reconciliation");
  const { sources } = await told(page, "reconciliation");
  const sum = (field: "equal" | "campaigns") => showCount(sources.reduce((all: number, one: Record<string, number>) => all + one[field]!, 0));
  await expect(page.getByRole("region", { name: running.health.reconciliation }).first()).toContainText(running.health.agree(sum("equal"), sum("campaigns")));
});
