/** The periods that a key stands for, and the one before each, matched by weekday. */

export const PRESETS = ["today", "yesterday", "7d", "30d", "month", "year", "all", "custom"] as const;
export type Preset = (typeof PRESETS)[number];

/** The key that chooses each. */
export const KEYS: Record<Preset, string> = {
  today: "d", yesterday: "e", "7d": "w", "30d": "t", month: "m", year: "y", all: "a", custom: "c",
};

/** Days, both ends included, as `2026-11-28`. */
export type Days = { from: string; to: string };

const DAY_MS = 86_400_000;

const at = (day: string): number => Date.parse(`${day}T00:00:00Z`);
const dayOf = (at_ms: number): string => new Date(at_ms).toISOString().slice(0, 10);

export const plus = (day: string, days: number): string => dayOf(at(day) + days * DAY_MS);
export const lengthOf = ({ from, to }: Days): number => Math.round((at(to) - at(from)) / DAY_MS) + 1;
export const isDay = (text: unknown): text is string =>
  typeof text === "string" && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(at(text)) && dayOf(at(text)) === text;

/** Today, where whoever looks is. */
export const today = (now = new Date()): string =>
  `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, "0")}-${String(now.getDate()).padStart(2, "0")}`;

/** The days that a preset stands for; none for all there is. */
export function daysOf(preset: Preset, custom: Partial<Days>, now: string): Days | undefined {
  switch (preset) {
    case "today":
      return { from: now, to: now };
    case "yesterday":
      return { from: plus(now, -1), to: plus(now, -1) };
    case "7d":
      return { from: plus(now, -6), to: now };
    case "30d":
      return { from: plus(now, -29), to: now };
    case "month":
      return { from: `${now.slice(0, 7)}-01`, to: now };
    case "year":
      return { from: `${now.slice(0, 4)}-01-01`, to: now };
    case "custom":
      if (isDay(custom.from) && isDay(custom.to) && custom.from <= custom.to) {
        return { from: custom.from, to: custom.to };
      }
      return undefined;
    case "all":
      return undefined;
  }
}

/** The days before, as many, beginning on the same weekday: a Monday is compared with a Monday. */
export function before(days: Days): Days {
  const back = Math.ceil(lengthOf(days) / 7) * 7;
  return { from: plus(days.from, -back), to: plus(days.to, -back) };
}
