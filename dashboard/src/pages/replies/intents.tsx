/** The classes that replies are sorted into, in the order of the keys that choose them. */
import { Badge, Group, Text } from "@mantine/core";
import { mail } from "../../words/mail";
import type { Reply } from "./query";

const w = mail.replies;

export const INTENTS = ["interested", "meeting_request", "question", "referral", "not_now", "neutral", "not_interested", "out_of_office", "unsubscribe"] as const;

export const sayIntent = (intent: string): string => (intent === "unsorted" ? w.unsorted : intent.replaceAll("_", " "));

export function Intent({ reply }: { reply: Reply }) {
  if (!reply.reply_category) return <Text span size="sm" className="quiet">{w.unsorted}</Text>;
  return (
    <Group gap={6} wrap="nowrap" style={{ flex: "none" }}>
      <Badge variant="light" color={reply.is_positive ? "teal" : "gray"} tt="none" styles={{ label: { color: "var(--mantine-color-text)" } }}>{reply.is_positive && "▲ "}{sayIntent(reply.reply_category)}</Badge>
      {reply.needs_review && <Text span size="xs" className="warn" style={{ whiteSpace: "nowrap" }}>? {w.review}</Text>}
      {reply.corrected_by && <Text span size="xs" className="good" style={{ whiteSpace: "nowrap" }} title={w.by.corrected(reply.corrected_by)}>✓ {w.corrected}</Text>}
    </Group>
  );
}
