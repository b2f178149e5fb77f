/** How a person gets about: signing in, addresses, keys, and what stands where there is nothing yet or something fails. */
import { rmSync } from "node:fs";
import { expect, type Page } from "@playwright/test";
import { UNKNOWN } from "../src/figures/figure";
import { words } from "../src/words";
import { mail } from "../src/words/mail";
import { running as sources } from "../src/words/running";
import { biggestClient, listen, open, origin, settled, signIn, test } from "./pages";
import { ADMIN, folder, program, serve } from "./world";

test("whoever is not signed in is asked to, and then is where they wanted to be", async ({ page, complaints }) => {
  const wanted = `${origin()}/campaigns?period=year&q=uk`;
  await page.goto(wanted);
  await page.getByLabel("E-mail").fill(ADMIN.email);
  await page.getByLabel("Password").fill("not it at all");
  expect(complaints).toEqual([]);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  // The browser says that the page that turns them away is a 401, as it is.
  expect(complaints.splice(0).every((text) => text.includes("401"))).toBe(true);
  await page.getByLabel("E-mail").fill(ADMIN.email);
  await page.getByLabel("Password").fill(ADMIN.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(wanted);
  await expect(page.getByRole("textbox", { name: words.table.search })).toHaveValue("uk");
  await page.getByRole("button", { name: words.signIn.who(ADMIN.email) }).click();
  await page.getByRole("button", { name: words.signIn.out }).click();
  await page.waitForURL(`${origin()}/sign-in`);
  await page.goto(wanted);
  await expect(page.getByLabel("Password")).toBeVisible();
});

test("the first user is made by the link that the server prints, finds empty pages that say what to do, and cannot leave", async ({ page, browser, complaints }) => {
  const dir = folder("first");
  const { atlas, env } = program(dir);
  const running = await serve(env);
  try {
    const link = () => running.said.map((line) => /http\S+first=\S+/.exec(line)?.[0]).find(Boolean);
    await expect.poll(link).toBeTruthy();
    await page.goto(link()!);
    await page.getByLabel("E-mail").fill(ADMIN.email);
    await page.getByLabel("Password").fill(ADMIN.password);
    await page.getByRole("button", { name: "Make the first user" }).click();
    await page.waitForURL(`${running.origin}/`);
    await settled(page);
    await expect(page.locator("[data-kpi=total_sent] [data-figure]")).toHaveText(UNKNOWN);
    for (const [path, why] of [["campaigns", words.campaigns.none], ["replies", mail.replies.none], ["calls", words.calls.none], ["health", sources.health.none]]) {
      await page.goto(`${running.origin}/${path}`);
      await expect(page.getByText(why!).first()).toBeVisible();
    }
    // Somebody stays who says who may do what.
    await page.goto(`${running.origin}/settings?tab=users`);
    const row = page.getByRole("row", { name: ADMIN.email });
    await row.getByRole("button", { name: `${sources.settings.remove}: ${ADMIN.email}` }).click();
    await row.getByRole("button", { name: sources.settings.sure }).click();
    await expect(page.getByRole("alert").filter({ hasText: "the only admin" })).toContainText("atlas user add EMAIL --role admin");
    await expect(row).toBeVisible();
    expect(complaints.splice(0).every((text) => text.includes("422"))).toBe(true);

    // A link signs whoever presses its button in, once, from another machine too; opening it, as chats do, uses nothing up.
    const entry = new URL(atlas("user", "link", ADMIN.email).toString().trim());
    const there = running.origin.replace("127.0.0.1", "atlas.test");
    const enter = () => elsewhere.goto(there + entry.pathname + entry.search);
    const other = await browser.newContext();
    const elsewhere = await other.newPage();
    for (const _ of ["a chat", "a person"]) await enter();
    await elsewhere.getByRole("button", { name: "Sign in" }).click();
    await elsewhere.waitForURL(`${there}/`);
    await expect(elsewhere.getByRole("button", { name: words.signIn.who(ADMIN.email) })).toBeVisible();
    await enter();
    await elsewhere.getByRole("button", { name: "Sign in" }).click();
    await expect(elsewhere.getByRole("alert")).toContainText("holds no longer");
    await expect(elsewhere.getByLabel("Password")).toBeVisible();
    await other.close();
  } finally {
    await running.end();
    rmSync(dir, { recursive: true, force: true });
  }
});

test.describe("signed in", () => {
  test.beforeEach(({ page }) => signIn(page));

  test("an address holds the whole page: for a reload, for Back, and in another browser", async ({ page, browser, complaints }) => {
    const client = await biggestClient(page);
    await open(page, "/campaigns");
    await page.getByRole("combobox", { name: words.filters.client }).selectOption(client);
    await page.getByRole("heading", { level: 1 }).click();
    await page.keyboard.press("a");
    await expect(page).toHaveURL(/client=.*period=all|period=all.*client=/);
    const unsorted = page.url();
    await page.getByRole("button", { name: "Replied", exact: true }).click();
    await page.getByRole("textbox", { name: words.table.search }).fill("a");
    await expect(page).toHaveURL(/q=a(&|$)/);
    await settled(page);
    const [address, rows] = [page.url(), await texts(page)];
    expect(rows.length).toBeGreaterThan(1);

    await page.reload();
    await settled(page);
    expect(await texts(page)).toEqual(rows);

    await page.locator("tbody tr").first().getByRole("link").click();
    await expect(page.locator("[data-kpi=total_sent]")).toBeVisible();
    await page.goBack();
    await settled(page);
    expect(await texts(page)).toEqual(rows);
    await page.goBack();
    await expect(page).toHaveURL(unsorted);

    const other = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const elsewhere = await other.newPage();
    await listen(elsewhere, complaints);
    await signIn(elsewhere);
    await elsewhere.goto(address);
    await settled(elsewhere);
    expect(await texts(elsewhere)).toEqual(rows);
    await expect(elsewhere.getByRole("combobox", { name: words.filters.client })).toHaveValue(client);
    await expect(elsewhere.getByRole("radio", { name: words.periods.all })).toBeChecked();
    await other.close();
  });

  test("everything goes by keys: periods, help, the palette, sorting, a definition and back", async ({ page }) => {
    await open(page, "/");
    await page.keyboard.press("Tab");
    await expect(page.getByRole("link", { name: words.nav.skip })).toBeFocused();
    await page.keyboard.press("Enter");
    await page.keyboard.press("y");
    await expect(page).toHaveURL(/period=year/);
    await page.keyboard.press("x");
    await expect(page).toHaveURL(/compare=false/);
    await page.keyboard.press("c");
    await page.getByLabel(words.periods.from).fill("2026-01-01");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/period=custom.*from=2026-01-01|from=2026-01-01.*period=custom/);
    await page.keyboard.press("?");
    await expect(page.getByRole("dialog", { name: words.keys.title })).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog", { name: words.keys.title })).toBeHidden();
    await page.keyboard.press("Control+k");
    await page.getByRole("textbox", { name: words.keys.palette }).fill("campaigns");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/\/campaigns\?.*period=custom/);
    await settled(page);
    await page.getByRole("button", { name: "Sent", exact: true }).focus();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("columnheader", { name: "Sent" })).toHaveAttribute("aria-sort", "ascending");
    const figure = page.locator("tbody .figure").first();
    await figure.focus();
    await page.keyboard.press("Enter");
    await expect(page.getByRole("dialog")).toContainText(words.explain.formula);
    await page.keyboard.press("Escape");
    await expect(figure).toBeFocused();
  });

  test("on a phone what a line is about stays beside whatever column one has come to, and many tabs are a list", async ({ page }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await open(page, "/campaigns?period=all");
    const table = page.getByRole("region", { name: "campaigns" });
    const left = async () => (await table.locator("tbody td").first().boundingBox())!.x;
    const before = await left();
    // The name leaves room for figures.
    const { width } = (await table.locator("tbody td").first().boundingBox())!;
    expect(width).toBeLessThan(200);
    // Scrolling tells nothing in some browsers and makes a promise in others.
    await table.evaluate((part) => void part.scrollBy(300, 0));
    expect(await table.evaluate((part) => part.scrollLeft)).toBe(300);
    expect(await left()).toBe(before);
    await open(page, "/settings");
    await page.getByRole("combobox", { name: words.nav.settings }).selectOption("users");
    await expect(page).toHaveURL(/tab=users/);
    await expect(page.getByRole("region", { name: sources.settings.users, exact: true }).first()).toBeVisible();
  });

  test("what waits is a skeleton, what fails says why and by which id, and can be tried again", async ({ page, complaints }) => {
    const asked = "**/api/v1/campaigns?*";
    let isAway = true;
    await page.route(asked, (route) =>
      isAway ? route.fulfill({ status: 503, contentType: "application/problem+json", json: { title: "Service Unavailable", status: 503, detail: "the database is away", request_id: "0123abcd" } }) : route.fallback(),
    );
    await page.goto(`${origin()}/campaigns?period=all`);
    await expect(page.getByRole("status", { name: words.states.loading })).toBeVisible();
    const failure = page.getByRole("alert").filter({ hasText: "the database is away" });
    await expect(failure).toContainText("0123abcd");
    isAway = false;
    await failure.getByRole("button", { name: words.states.retry }).click();
    await expect(page.getByRole("table", { name: "campaigns" })).toBeVisible();
    expect(complaints.splice(0).every((text) => text.includes("503"))).toBe(true);
    await open(page, "/campaigns?client=nobody");
    await expect(page.getByText(words.campaigns.none)).toBeVisible();
    await page.goto(`${origin()}/nowhere`);
    await expect(page.getByText(words.states.noPage)).toBeVisible();
  });

  test("what could not be read anew stays and says how old it is, and so does what its schedule has left behind", async ({ page, complaints }) => {
    let [isAway, isLate] = [false, false];
    await page.route("**/api/v1/campaigns?*", (route) => (isAway ? route.fulfill({ status: 503, json: {} }) : route.fallback()));
    await page.route("**/api/v1/sources", async (route) => {
      const response = await route.fetch();
      const { data } = await response.json();
      const late_at = isLate ? new Date().toISOString() : null;
      await route.fulfill({ response, json: { data: data.map((line: object) => ({ ...line, ...(late_at && { late_at }) })) } });
    });
    await page.clock.install();
    await open(page, "/campaigns?period=all");
    const rows = await texts(page);
    const badge = page.getByTitle(words.freshness.title);
    await expect(badge).not.toContainText(words.freshness.late);
    [isAway, isLate] = [true, true];
    // As when somebody comes back to it after a while.
    await page.clock.fastForward(120_000);
    await page.evaluate(() => void window.dispatchEvent(new Event("visibilitychange")));
    await page.clock.runFor(10_000);
    await expect(page.getByText(/a newer reading failed/)).toBeVisible();
    expect(await texts(page)).toEqual(rows);
    await expect(badge).toContainText(words.freshness.late);
    await badge.click();
    await expect(page.getByText(words.freshness.lateBy("every 1h")).first()).toBeVisible();
    await page.keyboard.press("Escape");
    expect(complaints.splice(0).every((text) => text.includes("503"))).toBe(true);
    isAway = false;
    await page.getByRole("button", { name: words.states.retry }).click();
    await expect(page.getByText(/a newer reading failed/)).toHaveCount(0);
    expect(await texts(page)).toEqual(rows);
  });
});

const texts = (page: Page): Promise<string[]> => page.locator("tbody tr").allInnerTexts();
