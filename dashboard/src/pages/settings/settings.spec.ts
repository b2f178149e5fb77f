/** What is set on the screen: sources, doors, thresholds, whom alerts are told to. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "@playwright/test";
import { alone, open, origin, signIn, test, told } from "../../../browser/pages";
import { program } from "../../../browser/world";
import { showCount } from "../../figures/figure";
import { words } from "../../words";
import { running } from "../../words/running";

test.beforeEach(({ page }) => signIn(page));

test.describe("while a source is synced", () => {
  alone("ATLAS_LIVE");

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
});

test.describe("of an account with lessons", () => {
  alone("ATLAS_LESSONS");

  test("a source is asked to sync, its door is tried and leaves no trace, a threshold is set and given back", async ({ page }) => {
    await page.goto(`${origin()}/health?source=calls`);
    await page.getByRole("button", { name: "Sync now: calls" }).click();
    await expect(page.locator("[data-request=calls]")).toContainText(/waits|runs/);
    await page.goto(`${origin()}/settings?tab=webhooks`);
    const before = (await told(page, "sources/mails/deliveries")).received;
    await page.getByRole("button", { name: "Test: mails" }).click();
    await expect(page.getByText(/^✓ A made-up/)).toBeVisible();
    await expect(page.locator("[data-webhook=mails]")).not.toContainText(new URL(process.env.ATLAS_WEBHOOK!).searchParams.get("token")!);
    expect((await told(page, "sources/mails/deliveries")).received).toBe(before);
    await page.goto(`${origin()}/settings?tab=thresholds`);
    const row = page.locator("[data-threshold=silent_hours]");
    await row.getByRole("spinbutton").fill("48");
    await row.getByRole("button", { name: "Save" }).click();
    await expect(row).toContainText("admin@example.org");
    await row.getByRole("button", { name: "As it comes" }).click();
    await expect(row).toContainText("nobody");
  });

  test("whom alerts are told to is said here, tried, and taken back", async ({ page, complaints }) => {
    const w = running.notices;
    const heard: string[] = [];
    const pager = createServer((request, answer) => {
      heard.push(String(request.headers["atlas-signature"]));
      answer.end();
    });
    await new Promise<void>((resolve) => pager.listen(0, "127.0.0.1", resolve));
    // One beside the server is added at the machine alone.
    program(process.env.ATLAS_LESSONS_DIR!).feed(`http://127.0.0.1:${(pager.address() as AddressInfo).port}/hook`, "alert", "target", "add", "pager", "webhook");
    await page.goto(`${origin()}/settings?tab=notices`);
    const row = (name: string) => page.getByRole("row", { name });
    await row("pager").getByRole("button", { name: `${w.test}: pager` }).click();
    await expect(row("pager")).toContainText(w.told);
    expect(heard).toEqual([expect.stringMatching(/^t=\d+,v1=[0-9a-f]{64}$/)]);
    pager.close();
    const add = async (name: string, address: string) => {
      await page.locator("[name=name]").fill(name);
      await page.locator("[name=kind]").selectOption("webhook");
      await page.locator("[name=address]").fill(address);
      await page.locator("[name=level]").selectOption("critical");
      await page.getByRole("button", { name: w.add, exact: true }).click();
    };
    await add("inside", "https://127.0.0.1/hook");
    await expect(page.getByRole("alert").filter({ hasText: "private network" })).toBeVisible();
    expect(complaints.splice(0).every((text) => text.includes("422"))).toBe(true);
    await add("outside", "https://192.0.43.8/hook/s3cret");
    await expect(row("outside")).toContainText("critical ones alone");
    const secret = await page.locator("[data-secret]").textContent();
    expect(secret!.length).toBeGreaterThan(40);
    await expect(page.getByText("s3cret")).toHaveCount(0);
    await page.reload();
    await expect(row("outside")).toContainText(w.never);
    await expect(page.getByText(secret!)).toHaveCount(0);
    await row("outside").getByRole("button", { name: `${running.settings.remove}: outside` }).click();
    await row("outside").getByRole("button", { name: running.settings.sure }).click();
    await expect(row("outside")).toHaveCount(0);
    expect((await told(page, "notice-targets")).data.map(({ name }: { name: string }) => name)).toEqual(["pager"]);
  });
});
