/** A thread as a document of its own, for a frame that runs nothing and loads nothing. */
import { exact } from "../../time";
import { mail } from "../../words/mail";
import type { Message } from "./query";

const SPECIAL: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (one) => SPECIAL[one]!);

const COLOURS = {
  light: { ink: "#24292f", quiet: "#57606a", line: "#e3e6ea", ours: "#ffffff", theirs: "#f6f7f9", ground: "#ffffff" },
  dark: { ink: "#e3e6eb", quiet: "#a6adb8", line: "#333842", ours: "#1b1e24", theirs: "#14161a", ground: "#1b1e24" },
};

/** Whatever a message holds stands there as text; `marked` is the reply that one came for. */
export function letters(messages: Message[], marked: string, scheme: "light" | "dark"): string {
  const { ink, quiet, line, ours, theirs, ground } = COLOURS[scheme];
  const body = messages.map((message) => {
    const isOurs = message.event === "sent";
    const who = isOurs ? `${mail.replies.sent} (${message.from_email ?? "–"})` : (message.lead_email ?? "–");
    const text = message.body_plain ?? mail.replies.noText;
    return `<article class="${isOurs ? "ours" : "theirs"}${message.event_key === marked ? " marked" : ""}"><p class="head">${escaped(who)} · ${escaped(exact(message.occurred_at))}</p>`
      + `${message.subject ? `<h2>${escaped(message.subject)}</h2>` : ""}<p class="text${message.body_plain == null ? " head" : ""}">${escaped(text)}</p></article>`;
  });
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escaped(mail.replies.thread)}</title><style>
:root { color-scheme: ${scheme}; } body { margin: 0; padding: 2px; background: ${ground}; color: ${ink}; font: 14px/1.5 system-ui, sans-serif; }
article { border: 1px solid ${line}; border-radius: 8px; padding: 10px 12px; margin: 0 0 10px; background: ${ours}; }
.theirs { background: ${theirs}; margin-left: 24px; } .marked { border-left: 3px solid ${ink}; }
h2 { font-size: 14px; margin: 2px 0 6px; } .head { color: ${quiet}; font-size: 12px; margin: 0; } .text { margin: 4px 0 0; white-space: pre-wrap; overflow-wrap: anywhere; }
</style><main>${body.join("")}</main></html>`;
}
