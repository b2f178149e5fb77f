/** Every page, and how a test gets to it signed in, with whatever the browser complains about on record. */
import { expect, type Page, test as base } from "@playwright/test";
import { ADMIN } from "./world";

export const origin = (): string => process.env.ATLAS_ORIGIN!;

/** Each page by its address; everything that holds for all is tried on all. */
export const PAGES: Record<string, string> = {
  overview: "/?period=all",
  campaigns: "/campaigns?period=all",
  replies: "/replies?period=all",
  mailboxes: "/mailboxes",
  domains: "/mailboxes?tab=domains",
  calls: "/calls?period=all",
  journey: "/journey?period=all",
  duplicates: "/journey?tab=duplicates",
  copy: "/copy",
  patterns: "/copy?tab=patterns",
  decay: "/copy?tab=decay",
  alerts: "/mailboxes?tab=alerts",
  clients: "/clients?period=all",
  whose: "/clients?tab=whose",
  week: "/clients/Acme",
  targets: "/clients/Acme?tab=targets",
  health: "/health",
  reconciliation: "/health?tab=reconciliation",
  settings: "/settings",
  webhooks: "/settings?tab=webhooks",
  thresholds: "/settings?tab=thresholds",
  maps: "/settings?tab=maps",
  users: "/settings?tab=users",
  glossary: "/glossary",
};

/** Signs in as a person does, and asks the API with the same session. */
export async function signIn(page: Page): Promise<void> {
  await page.goto(`${origin()}/sign-in`);
  await page.getByLabel("E-mail").fill(ADMIN.email);
  await page.getByLabel("Password").fill(ADMIN.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${origin()}/`);
}

export async function told(page: Page, path: string): Promise<any> {
  const answer = await page.request.get(`${origin()}/api/v1/${path}`);
  if (!answer.ok()) throw new Error(`${path}: ${answer.status()} ${await answer.text()}`);
  return answer.json();
}

/** Until nothing is loading any more. */
export async function settled(page: Page): Promise<void> {
  await page.getByRole("heading", { level: 1 }).waitFor();
  await expect(page.locator(".mantine-Skeleton-root")).toHaveCount(0, { timeout: 20_000 });
}

/** A test in which an error in the console, a script's failure or a breach of the policy is a failure. */
export const test = base.extend<{ complaints: string[] }>({
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(String(error)));
      await page.addInitScript(() => {
        document.addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
      });
      await use(complaints);
      if (complaints.length > 0) throw new Error(`the browser complains:\n${complaints.join("\n")}`);
    },
    { auto: true },
  ],
});
