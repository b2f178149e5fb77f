/** A figure as the API tells it, and as a person reads it. Unknown is never 0. */

/** What the API's lines are made of: metrics by name, each rate with its parts. */
export type Line = { [name: string]: unknown };

export type Count = { value: number | null; isPartial: boolean };
export type Rate = { rate: number | null; above: number | null; below: number | null };

const number = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);

/** Over how many campaigns, calls or people a line goes; a campaign by itself is one. */
function membersOf(line: Line): number {
  if (typeof line.campaigns === "number") return line.campaigns + (number(line.sub_sequences) ?? 0);
  return number(line.all) ?? 1;
}

/** A sum; one that lacks some of what it goes over is marked, and tells nothing where it is at least 0. */
export function countOf(line: Line, name: string): Count {
  const value = number(line[name]);
  const known = number(line[`${name}_known`]);
  const isPartial = value !== null && known !== null && known < membersOf(line);
  return isPartial && value === 0 ? { value: null, isPartial: false } : { value, isPartial };
}

export function rateOf(line: Line, name: string): Rate {
  const above = number(line[`${name}_numerator`]);
  const below = number(line[`${name}_denominator`]);
  return { rate: number(line[name]), above, below };
}

export const UNKNOWN = "–";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

export const showCount = (value: number | null): string => (value === null ? UNKNOWN : whole.format(value));
export const showShort = (value: number | null): string => (value === null ? UNKNOWN : compact.format(value));

/** Per cent with as many digits as a small rate needs to be told from 0. */
export function showRate(rate: number | null): string {
  if (rate === null) return UNKNOWN;
  const percent = rate * 100;
  const digits = percent !== 0 && Math.abs(percent) < 1 ? 2 : 1;
  return `${percent.toFixed(digits)} %`;
}

export function showSeconds(seconds: number | null): string {
  if (seconds === null) return UNKNOWN;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${(seconds / 3600).toFixed(1)} h`;
  return seconds < 86_400 * 30 ? `${(seconds / 86_400).toFixed(1)} d` : `${whole.format(Math.round(seconds / 86_400))} d`;
}

/** Time as its metric is thought of: what waits passes in days, talk adds up in hours. */
export function showTime(metric: string, seconds: number | null): string {
  if (metric !== "talk_seconds" || seconds === null || seconds < 48 * 3600) return showSeconds(seconds);
  return `${whole.format(Math.round(seconds / 3600))} h`;
}

/** The 95 % interval of a share (Wilson's score interval). */
export function interval(above: number | null, below: number | null): [number, number] | null {
  if (above === null || below === null || below <= 0 || above < 0 || above > below) return null;
  const z = 1.959964;
  const share = above / below;
  const centre = share + (z * z) / (2 * below);
  const half = z * Math.sqrt((share * (1 - share)) / below + (z * z) / (4 * below * below));
  const scale = 1 + (z * z) / below;
  return [Math.max(0, (centre - half) / scale), Math.min(1, (centre + half) / scale)];
}

/** Fewer than this and a rate says little. */
export const ENOUGH = 100;
