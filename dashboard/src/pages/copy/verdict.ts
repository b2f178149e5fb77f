/** What may be said of two templates by their replies alone. */

type Counted = { replied?: number | null; delivered?: number | null };

/** Of 100 pairs that are alike, one is told apart by chance. */
const CRITICAL = 2.575829;
/** Fewer delivered, or fewer replies on both together, and nothing is said. */
const [LEAST_MAILS, LEAST_REPLIES] = [100, 20];

/** Which has the higher reply rate, by the test of two proportions. */
export function judge(a: Counted, b: Counted): "a" | "b" | "not_conclusive" | "unknown" {
  if (a.replied == null || b.replied == null || !a.delivered || !b.delivered) return "unknown";
  const replied = a.replied + b.replied;
  if (a.delivered < LEAST_MAILS || b.delivered < LEAST_MAILS || replied < LEAST_REPLIES) return "not_conclusive";
  const pooled = replied / (a.delivered + b.delivered);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / a.delivered + 1 / b.delivered));
  const z = error > 0 ? (a.replied / a.delivered - b.replied / b.delivered) / error : 0;
  return Math.abs(z) < CRITICAL ? "not_conclusive" : z > 0 ? "a" : "b";
}
