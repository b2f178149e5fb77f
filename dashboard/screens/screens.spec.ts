/** Each page as a picture: on a desk and on a phone, by day and by night. */
import { mkdirSync } from "node:fs";
import { test } from "@playwright/test";
import { origin, PAGES, settled, signIn, told } from "../browser/pages";

const INTO = "../docs/screens";

test("pictures", async ({ page }) => {
  test.setTimeout(600_000);
  mkdirSync(INTO, { recursive: true });
  await signIn(page);
  const line = (await told(page, "campaigns?limit=1")).data[0];
  const pages = { ...PAGES, overview: "/", campaigns: "/campaigns", calls: "/calls?period=year", campaign: `/campaigns/${line.source_name}/${line.campaign_id}?period=year`, client: "/clients/Acme?period=year" };
  for (const [name, address] of Object.entries(pages)) {
    for (const [kind, colorScheme, width, height] of [["light", "light", 1440, 900], ["dark", "dark", 1440, 900], ["phone", "light", 390, 844]] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
      await page.goto(`${origin()}${address}`);
      await settled(page);
      await page.screenshot({ path: `${INTO}/${name}-${kind}.png`, animations: "disabled" });
    }
  }
});
