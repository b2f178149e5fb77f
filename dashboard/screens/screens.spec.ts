/** Each page as a picture: on a desk and on a phone, by day and by night. */
import { mkdirSync, writeFileSync } from "node:fs";
import { type Page, test } from "@playwright/test";
import { open, PAGES, settled, signIn, told } from "../browser/pages";
import { words } from "../src/words";
import { running } from "../src/words/running";

const INTO = "../docs/screens";

/** How the pictures are taken where it is not how the tests go there. */
const OTHERWISE: Record<string, string> = {
  overview: "/", campaigns: "/campaigns", clients: "/clients", mailboxes: "/mailboxes", domains: "/mailboxes?tab=domains", calls: "/calls?period=year",
  campaign: "/campaigns/mails/:tried?period=year", week: "/clients/Acme", client: "/clients/Acme?tab=figures&period=year", targets: "/clients/Acme?tab=targets",
};

/** Of so many mails a template tells something. */
const ENOUGH = 50;

/** The campaign in which most templates are tried. */
async function tried(page: Page): Promise<string> {
  const templates: { campaign_id: string; delivered: number | null }[] = (await told(page, "variants?source=mails&limit=1000")).data;
  const counts = new Map<string, number>();
  for (const { campaign_id, delivered } of templates) if ((delivered ?? 0) >= ENOUGH) counts.set(campaign_id, (counts.get(campaign_id) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? ":campaign";
}

const VIEWS = [["light", "light", 1440, 900], ["dark", "dark", 1440, 900], ["phone", "light", 390, 844], ["phone-dark", "dark", 390, 844]] as const;

/** A page that is longer is a list: how it begins says how it goes on. */
const LONGEST = 2600;

test.beforeAll(() => void mkdirSync(INTO, { recursive: true }));

/** One of each view. */
async function pictured(page: Page, name: string, show: () => Promise<unknown>): Promise<void> {
  const browser = await page.context().newCDPSession(page);
  for (const [kind, colorScheme, width, height] of VIEWS) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height });
    await show();
    const whole = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewportSize({ width, height: whole > LONGEST ? height : whole });
    await settled(page);
    // A third of what it takes as PNG.
    const { data } = await browser.send("Page.captureScreenshot", { format: "webp", quality: 75 });
    writeFileSync(`${INTO}/${name}-${kind}.webp`, Buffer.from(data, "base64"));
  }
}

for (const [name, address] of Object.entries({ ...PAGES, ...OTHERWISE })) {
  test(name, async ({ page }) => {
    await signIn(page);
    const there = address.includes(":tried") ? address.replace(":tried", await tried(page)) : address;
    await pictured(page, name, () => open(page, there));
  });
}

test("sign-in", ({ page }) => pictured(page, "sign-in", () => open(page, "/")));

test("share", async ({ page, browser }) => {
  await signIn(page);
  await open(page, "/settings?tab=links");
  await page.getByRole("combobox", { name: words.filters.client }).selectOption("Acme");
  await page.getByRole("button", { name: running.settings.makeLink }).click();
  const link = (await page.locator("[data-secret]").textContent())!;
  const stranger = await (await browser.newContext({ reducedMotion: "reduce" })).newPage();
  await pictured(stranger, "share", async () => {
    await stranger.goto(link);
    await settled(stranger);
  });
});
