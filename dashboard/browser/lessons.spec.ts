/** What a person learns from the dashboard, and what they tell it: copy, replies, deliverability, clients, sources. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "@playwright/test";
import { showCount, showRate } from "../src/figures/figure";
import { mail } from "../src/words/mail";
import { running } from "../src/words/running";
import { alone, origin, settled, signIn, test, told } from "./pages";
import { program } from "./world";

alone("ATLAS_LESSONS");

test.beforeEach(({ page }) => signIn(page));

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

test("a reply is read in a frame that runs nothing, and corrected with one key", async ({ page }) => {
  await page.goto(`${origin()}/replies?period=all&source=sequences`);
  await settled(page);
  const newest = (await told(page, "replies?source=sequences&limit=1")).data[0];
  const entry = page.locator(`[data-reply="${newest.event_key}"]`);
  await entry.getByRole("button").click();
  const frame = page.locator("iframe[title=Thread]");
  await expect(frame).toHaveAttribute("sandbox", "");
  await expect(page.frameLocator("iframe[title=Thread]").locator("article.marked")).toBeVisible();
  await page.keyboard.press("4");
  await expect(entry).toContainText("referral");
  await expect(entry).toContainText("corrected");
  const path = `replies?source=sequences&corrected=true&limit=1`;
  expect((await told(page, path)).data[0]).toMatchObject({ event_key: newest.event_key, reply_category: "referral" });
  await page.keyboard.press("0");
  await expect(entry).not.toContainText("corrected");
  expect((await told(page, path)).data).toEqual([]);
  // The next one, and its thread.
  await page.keyboard.press("j");
  await expect(entry.getByRole("button")).toHaveAttribute("aria-current", "false");
});

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
