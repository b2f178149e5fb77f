/** How a client stands against what it is promised, over any period. */
import { countOf, interval, type Line, rateOf } from "../../figures/figure";

export type Stand = { metric: string; standing: "ahead" | "on_target" | "behind" | "unknown"; value: number | null; wanted: number };

/** Of these less is better. */
export const isLessBetter = (metric: string): boolean => metric === "bounce_rate";

/** Counts are promised a week: a period of other length is promised as much more or less. A rate is ahead or behind only where its interval says so. */
export function standOf(line: Line, metric: string, target: number, days: number): Stand {
  if (metric.endsWith("_rate")) {
    const { rate, above, below } = rateOf(line, metric);
    const range = interval(above, below);
    if (rate === null || !range) return { metric, standing: "unknown", value: null, wanted: target };
    const isLess = isLessBetter(metric);
    const standing = range[0] > target ? (isLess ? "behind" : "ahead") : range[1] < target ? (isLess ? "ahead" : "behind") : "on_target";
    return { metric, standing, value: rate, wanted: target };
  }
  const wanted = (target * days) / 7;
  const { value, isPartial } = countOf(line, metric);
  if (value === null || (isPartial && value < wanted)) return { metric, standing: "unknown", value, wanted };
  return { metric, standing: value > wanted ? "ahead" : value < wanted ? "behind" : "on_target", value, wanted };
}
