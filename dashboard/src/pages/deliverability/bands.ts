/** In which band a bounce rate lies; the same everywhere. */
export type Band = "good" | "warn" | "bad";

/** From here on one should look, and above here stop. */
export const BOUNCES = { warn: 0.02, bad: 0.03 } as const;
/** Fewer sent than this and nothing is said of bounces. */
export const LEAST_SENT = 50;

/** None where too little was sent to say so. */
export function bandOf(rate: number | null | undefined, sent: number | null | undefined): Band | undefined {
  if (rate == null || (sent ?? 0) < LEAST_SENT) return undefined;
  return rate > BOUNCES.bad ? "bad" : rate >= BOUNCES.warn ? "warn" : "good";
}
