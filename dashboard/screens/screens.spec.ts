/** Each page as a picture: on a desk and on a phone, by day and by night. */
import { mkdirSync } from "node:fs";
import { test } from "@playwright/test";
import { open, PAGES, signIn } from "../browser/pages";

const INTO = "../docs/screens";

/** How the pictures are taken where it is not how the tests go there. */
const OTHERWISE: Record<string, string> = {
  overview: "/", campaigns: "/campaigns", calls: "/calls?period=year", campaign: "/campaigns/mails/:campaign?period=year",
};

const VIEWS = [["light", "light", 1440, 900], ["dark", "dark", 1440, 900], ["phone", "light", 390, 844]] as const;

test("pictures", async ({ page }) => {
  test.setTimeout(600_000);
  mkdirSync(INTO, { recursive: true });
  await signIn(page);
  for (const [name, address] of Object.entries({ ...PAGES, ...OTHERWISE })) {
    for (const [kind, colorScheme, width, height] of VIEWS) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
      await open(page, address);
      await page.screenshot({ path: `${INTO}/${name}-${kind}.png`, animations: "disabled" });
    }
  }
});
