/** The way from a number to the e-mails, calls or people that it counts. */
import { Anchor } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Search } from "../search";
import { words } from "../words";
import type { Line } from "./figure";

/** Whose figure it is, where that is narrower than what the address says. */
export type Place = Pick<Search, "source" | "campaign" | "client">;

export type Messages = "sent" | "delivered" | "bounced" | "unsubscribed";
export type Calls = "dials" | "connects" | "conversations" | "meetings";
export type People = "emailed" | "replied" | "called" | "connected" | "meeting";
type List = { of: "messages"; kind: Messages } | { of: "calls"; kind: Calls } | { of: "people"; kind: People } | { of: "replies"; kind?: "positive" };

/** What each figure counts one by one; a rate, what stands above its line. */
export const BEHIND: Record<string, List> = {
  total_sent: { of: "messages", kind: "sent" },
  total_delivered: { of: "messages", kind: "delivered" },
  total_bounced: { of: "messages", kind: "bounced" },
  bounce_rate: { of: "messages", kind: "bounced" },
  total_unsubscribed: { of: "messages", kind: "unsubscribed" },
  total_replied: { of: "replies" },
  reply_rate: { of: "replies" },
  positive_replies: { of: "replies", kind: "positive" },
  positive_rate: { of: "replies", kind: "positive" },
  dials: { of: "calls", kind: "dials" },
  connects: { of: "calls", kind: "connects" },
  connect_rate: { of: "calls", kind: "connects" },
  conversations: { of: "calls", kind: "conversations" },
  conversation_rate: { of: "calls", kind: "conversations" },
  talk_seconds: { of: "calls", kind: "connects" },
  meetings: { of: "calls", kind: "meetings" },
  emailed: { of: "people", kind: "emailed" },
  replied: { of: "people", kind: "replied" },
  replied_rate: { of: "people", kind: "replied" },
  time_to_first_reply: { of: "people", kind: "replied" },
  called: { of: "people", kind: "called" },
  time_to_first_call: { of: "people", kind: "called" },
  connected: { of: "people", kind: "connected" },
  meeting: { of: "people", kind: "meeting" },
  meeting_rate: { of: "people", kind: "meeting" },
};

/** A line of a campaign says which one it is. */
export const placeOf = (line: Line): Place | undefined =>
  typeof line.campaign_id === "string" && typeof line.source_name === "string" ? { source: line.source_name, campaign: line.campaign_id } : undefined;

export function Behind({ metric, place }: { metric: string; place: Place }) {
  const list = BEHIND[metric];
  if (!list) return null;
  // Filters that are not named here go along by themselves.
  const there = list.of === "replies"
    ? { to: "/replies", search: { ...place, ...(list.kind === "positive" && { only: list.kind }) } }
    : { to: "/behind", search: { ...place, id: metric } };
  return <Anchor component={Link} to={there.to} search={there.search as never} size="xs">{words.explain.lists[list.of]}</Anchor>;
}
