import { expect, test } from "vitest";
import { letters } from "./letters";
import type { Message } from "./query";

test("nothing that somebody writes becomes a tag, and what is not kept is said", () => {
  const hostile = `</style><script>alert(1)</script><img src=x onerror="alert(2)">`;
  const message = (some: Partial<Message>) => ({ event: "replied", event_key: "1", occurred_at: "2026-11-28T10:00:00Z", ...some }) as Message;
  const page = letters([message({ subject: hostile, body_plain: hostile, lead_email: hostile }), message({ event: "sent", event_key: "2" })], "1", "light");
  expect(page).not.toContain("<script");
  expect(page).not.toContain("<img");
  expect(page.match(/<article/g)).toHaveLength(2);
  expect(page).toContain("it is not kept");
});
