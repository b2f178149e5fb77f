/** A campaign's health in a word or two: the same bands everywhere, and unknown where too little is known. */
import { rateOf } from "../../figures/figure";
import { words } from "../../words";
import { bandOf } from "../deliverability/bands";
import type { Need } from "../overview/query";
import type { Campaign } from "./parts";

const w = words.campaigns.health;

export type Health = { level: "good" | "warn" | "bad" | "unknown"; text: string };

/** Older than this and a running campaign's figures are old. */
const OLD_MS = 26 * 3_600_000;

export function healthOf(line: Campaign, needs: Need[], now = Date.now()): Health {
  const { rate, below } = rateOf(line, "bounce_rate");
  const band = bandOf(rate, below);
  const isFalling = needs.some(({ kind, link }) => kind === "falling" && link.source_id === line.source_id && link.id === line.campaign_id);
  // Those that fall are told up to a number: any other may be among the rest.
  const mayFall = needs.some(({ kind }, index) => kind === "more" && needs[index - 1]?.kind === "falling");
  const isOld = line.status === "active" && line.last_synced_at != null && now - Date.parse(line.last_synced_at) > OLD_MS;
  const wrong = [
    band === "bad" && w.bounces, band === "warn" && w.watchBounces, isFalling && w.falling, isOld && w.old, line.not_covered_before != null && w.incomplete,
  ].filter((text) => text !== false);
  if (wrong.length > 0) return { level: band === "bad" || isFalling ? "bad" : "warn", text: wrong.join(", ") };
  if (band === undefined || mayFall) return { level: "unknown", text: band === undefined ? w.unknown : w.mayFall };
  return { level: "good", text: w.good };
}
