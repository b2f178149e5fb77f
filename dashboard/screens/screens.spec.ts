/** Each page as a picture: on a desk and on a phone, by day and by night. */
import { mkdirSync } from "node:fs";
import { test } from "@playwright/test";
import { open, PAGES, signIn } from "../browser/pages";

const INTO = "../docs/screens";

/** How the pictures are taken where it is not how the tests go there. */
const OTHERWISE: Record<string, string> = {
  overview: "/", campaigns: "/campaigns", calls: "/calls?period=year", campaign: "/campaigns/mails/:campaign?period=year",
};

const VIEWS = [["light", "light", 1440, 900], ["dark", "dark", 1440, 900], ["phone", "light", 390, 844], ["phone-dark", "dark", 390, 844]] as const;

/** What is further down than this is more of the same. */
const LONGEST = 2000;

test.beforeAll(() => void mkdirSync(INTO, { recursive: true }));

for (const [name, address] of Object.entries({ ...PAGES, ...OTHERWISE })) {
  test(name, async ({ page }) => {
    await signIn(page);
    for (const [kind, colorScheme, width, height] of VIEWS) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
      await open(page, address);
      const whole = await page.evaluate(() => document.documentElement.scrollHeight);
      const clip = { x: 0, y: 0, width, height: Math.min(whole, LONGEST) };
      await page.screenshot({ path: `${INTO}/${name}-${kind}.png`, animations: "disabled", fullPage: true, clip });
    }
  });
}
