/** Instants as people say them. */
import { words } from "./words";

const ago = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const full = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

export function since(instant: string | null | undefined, now = Date.now()): string {
  if (!instant) return words.unknownTime;
  const seconds = (Date.parse(instant) - now) / 1000;
  const size = Math.abs(seconds);
  if (size < 60) return words.justNow;
  if (size < 3600) return ago.format(Math.round(seconds / 60), "minute");
  if (size < 86_400) return ago.format(Math.round(seconds / 3600), "hour");
  return ago.format(Math.round(seconds / 86_400), "day");
}

export const exact = (instant: string | null | undefined): string => (instant ? full.format(new Date(instant)) : words.unknownTime);
