/** Every page, and how a test gets to it signed in, with whatever the browser complains about on record. */
import { expect, type Page, test as base } from "@playwright/test";

export const origin = (): string => process.env.ATLAS_ORIGIN!;

/** Has the tests of a file or of a part of it, one after the other, change what no calm test looks at. */
export function alone(server: "ATLAS_LIVE" | "ATLAS_LESSONS"): void {
  const calm = origin();
  test.describe.configure({ mode: "default" });
  test.beforeAll(() => void (process.env.ATLAS_ORIGIN = process.env[server]));
  test.afterAll(() => void (process.env.ATLAS_ORIGIN = calm));
}

/** Each page by its address; everything that holds for all is tried on all. */
export const PAGES: Record<string, string> = {
  overview: "/?period=all",
  campaigns: "/campaigns?period=all",
  campaign: "/campaigns/mails/:campaign?period=all",
  replies: "/replies?period=all",
  mailboxes: "/mailboxes?period=all",
  domains: "/mailboxes?tab=domains&period=all",
  calls: "/calls?period=all",
  sessions: "/calls?tab=sessions&period=all",
  messages: "/behind?id=total_sent&period=all",
  "call-list": "/behind?id=connects&period=all",
  people: "/behind?id=replied&period=all",
  journey: "/journey?period=all",
  duplicates: "/journey?tab=duplicates",
  copy: "/copy",
  patterns: "/copy?tab=patterns",
  decay: "/copy?tab=decay",
  alerts: "/mailboxes?tab=alerts",
  clients: "/clients?period=all",
  whose: "/clients?tab=whose",
  week: "/clients/:client",
  client: "/clients/:client?tab=figures&period=year",
  targets: "/clients/:client?tab=targets",
  health: "/health",
  reconciliation: "/health?tab=reconciliation",
  settings: "/settings",
  webhooks: "/settings?tab=webhooks",
  thresholds: "/settings?tab=thresholds",
  notices: "/settings?tab=notices",
  maps: "/settings?tab=maps",
  links: "/settings?tab=links",
  users: "/settings?tab=users",
  tokens: "/settings?tab=tokens",
  log: "/settings?tab=log",
  glossary: "/glossary",
};

/** Opens one, whole. */
export async function open(page: Page, address: string): Promise<void> {
  const there = address.includes("/:") ? await places(page) : (text: string) => text;
  await page.goto(origin() + there(address));
  await settled(page);
}

/** Puts the campaign and the client that most was sent with where `:campaign` and `:client` stand. */
export async function places(page: Page): Promise<(text: string) => string> {
  const campaign = greatest((await told(page, "campaigns?source=mails&limit=1000")).data).campaign_id!;
  const client = await biggestClient(page);
  return (text) => text.replace(":campaign", campaign).replace(":client", encodeURIComponent(client));
}

export const biggestClient = async (page: Page): Promise<string> => greatest((await told(page, "clients")).data.filter((line: Sent) => line.label)).label!;

type Sent = { campaign_id?: string; label?: string; total_sent: number | null };

const greatest = (lines: Sent[]): Sent => lines.toSorted((a, b) => (b.total_sent ?? 0) - (a.total_sent ?? 0))[0]!;

/** As whoever has signed in before. How one does is a test of its own. */
export async function signIn(page: Page): Promise<void> {
  const [name, value] = process.env.ATLAS_SESSION!.split("=") as [string, string];
  await page.context().addCookies([{ name, value, url: origin() }]);
}

/** Asks the API with the same session. */
export async function told(page: Page, path: string): Promise<any> {
  const answer = await page.request.get(`${origin()}/api/v1/${path}`);
  if (!answer.ok()) throw new Error(`${path}: ${answer.status()} ${await answer.text()}`);
  return answer.json();
}

/** Until nothing is loading any more. */
export async function settled(page: Page): Promise<void> {
  await page.getByRole("heading", { level: 1 }).waitFor();
  await expect(page.locator(".mantine-Skeleton-root")).toHaveCount(0);
}

/** The day so many days ago. */
export const ago = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

/** Keeps what a page's browser complains about: errors in its console, breaches of the policy, and dialogs that nobody asked for. */
export async function listen(page: Page, complaints: string[]): Promise<void> {
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
  });
}

/** A test in which a complaint is a failure. */
export const test = base.extend<{ complaints: string[] }>({
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = [];
      await listen(page, complaints);
      await use(complaints);
      expect(complaints, "what the browser complains about").toEqual([]);
    },
    { auto: true },
  ],
});
