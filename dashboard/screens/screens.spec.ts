/** Each page as a picture: on a desk and on a phone, by day and by night. */
import { mkdirSync, writeFileSync } from "node:fs";
import { test } from "@playwright/test";
import { open, PAGES, settled, signIn } from "../browser/pages";

const INTO = "../docs/screens";

/** How the pictures are taken where it is not how the tests go there. */
const OTHERWISE: Record<string, string> = {
  overview: "/", campaigns: "/campaigns", clients: "/clients", mailboxes: "/mailboxes", calls: "/calls?period=year", campaign: "/campaigns/mails/:campaign?period=year",
};

const VIEWS = [["light", "light", 1440, 900], ["dark", "dark", 1440, 900], ["phone", "light", 390, 844], ["phone-dark", "dark", 390, 844]] as const;

/** A page that is longer is a list: how it begins says how it goes on. */
const LONGEST = 2000;

test.beforeAll(() => void mkdirSync(INTO, { recursive: true }));

for (const [name, address] of Object.entries({ ...PAGES, ...OTHERWISE })) {
  test(name, async ({ page }) => {
    await signIn(page);
    const browser = await page.context().newCDPSession(page);
    for (const [kind, colorScheme, width, height] of VIEWS) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
      await open(page, address);
      const whole = await page.evaluate(() => document.documentElement.scrollHeight);
      await page.setViewportSize({ width, height: whole > LONGEST ? height : whole });
      await settled(page);
      // A third of what it takes as PNG.
      const { data } = await browser.send("Page.captureScreenshot", { format: "webp", quality: 75 });
      writeFileSync(`${INTO}/${name}-${kind}.webp`, Buffer.from(data, "base64"));
    }
  });
}
