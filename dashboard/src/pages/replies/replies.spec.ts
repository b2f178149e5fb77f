/** The inbox: what a reply is read in, what it may not do, and what it is corrected to. */
import { expect } from "@playwright/test";
import { alone, open, origin, settled, signIn, test, told } from "../../../browser/pages";
import { HOSTILE } from "../../../browser/world";
import { showCount } from "../../figures/figure";
import { mail } from "../../words/mail";

test.beforeEach(({ page }) => signIn(page));

/** What an e-mail may try: to run something, to be seen, to send something, to lead away. */
const TRICKS = `<script>alert(1)</script><style>@import url(https://example.org/a.css); body { background: url(https://example.org/b.png) }</style>
  <meta http-equiv="refresh" content="0;url=https://example.org/c"><base href="https://example.org/"><link rel="stylesheet" href="https://example.org/d.css">
  <img src="https://example.org/seen.png" alt="a pixel" onerror="alert(2)" onload="alert(3)"><img src="x" onerror="alert(4)">
  <p style="background-image: url(https://example.org/e.png); color: red" onclick="alert(5)">You may call</p>
  <form action="https://example.org/f"><input name="password" autofocus onfocus="alert(6)"><button>Go</button></form>
  <svg onload="alert(7)"><script>alert(8)</script><image href="https://example.org/g.png"/></svg><iframe src="https://example.org/h"></iframe>
  <a href="javascript:alert(9)">here</a> <a href="https://example.org/i">there</a> <video src="https://example.org/j.mp4" autoplay></video>`;

test.describe("while they arrive", () => {
  alone("ATLAS_LIVE");

  test("a delivery that arrives is counted on the page, and what is hostile in it neither runs nor loads anything", async ({ page }) => {
    const elsewhere: string[] = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(origin())) elsewhere.push(request.url());
    });
    await open(page, "/health");
    const count = page.locator('[data-deliveries="mails"]');
    const before = Number((await count.textContent())?.replaceAll(",", ""));
    const campaign = (await told(page, "campaigns?source=mails&limit=1")).data[0];
    const posted = await page.request.post(process.env.ATLAS_WEBHOOK!, {
      data: {
        event_type: "EMAIL_REPLY", campaign_id: campaign.campaign_id, event_timestamp: new Date().toISOString(), to_email: "hostile@example.org", to_name: HOSTILE,
        sl_lead_email: "hostile@example.org", from_email: "me@example.org", subject: HOSTILE, message_id: `<${Math.random()}@x>`, reply_body: `${TRICKS} ${HOSTILE}`,
      },
    });
    expect(await posted.json()).toEqual({ received: 1 });
    await expect(count).toHaveText(showCount(before + 1));
    await open(page, "/replies?period=all");
    await page.locator("[data-reply]").filter({ hasText: "You may" }).getByRole("button").click();
    // As its sender laid it out, but for all that.
    const frame = page.locator("iframe[title=Thread]");
    await expect(frame).toHaveAttribute("sandbox", "");
    const letter = page.frameLocator("iframe[title=Thread]").locator("article.marked");
    await expect(letter.locator("p", { hasText: "You may call" })).toHaveCSS("color", "rgb(255, 0, 0)");
    await expect(letter.getByAltText("a pixel")).toBeAttached();
    await expect(letter.locator("script, style, meta, form, input, svg, iframe, video, [href], [src], [onclick]")).toHaveCount(0);
    await expect(letter.getByTitle("https://example.org/i")).toHaveText("there");
    const answer = await page.request.get(origin() + (await frame.getAttribute("src")));
    expect(answer.headers()["content-security-policy"]).toMatch(/^sandbox; default-src 'none'; .*frame-ancestors 'self'$/);
    // And as text, which the address keeps.
    await page.getByText(mail.letters.text, { exact: true }).click();
    await expect(page.locator("article[data-marked]")).toContainText("You may call");
    await expect(frame).toHaveCount(0);
    await expect(page).toHaveURL(/as=text/);
    expect(elsewhere).toEqual([]);
  });
});

test.describe("of an account with lessons", () => {
  alone("ATLAS_LESSONS");

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
});
