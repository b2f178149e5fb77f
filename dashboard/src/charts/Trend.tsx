/** Day by day: what was sent, and how much of it was replied to. */
import { Paper } from "@mantine/core";
import { useCallback } from "react";
import { useTitles } from "../figures/definitions";
import { countOf, type Line, rateOf } from "../figures/figure";
import { type Days, lengthOf, plus } from "../period";
import { useFilters } from "../search";
import { Empty } from "../states/Await";
import { words } from "../words";
import { Chart, type Palette } from "./Chart";
import { overDays } from "./options";

export type DayLine = Line & { date: string };

/** What is asked of a series for it. */
export const OF_TREND = { metrics: "total_sent,total_replied,reply_rate" };

/** Every day of a period, stored or not: what is not stored is a gap, not a nearer neighbour. */
function axis(days: DayLine[], asked: Days | undefined): string[] {
  const [first, last] = [asked?.from ?? days[0]?.date, asked?.to ?? days.at(-1)?.date];
  if (!first || !last) return [];
  return [...Array(Math.max(0, lengthOf({ from: first, to: last }))).keys()].map((index) => plus(first, index));
}

/** More days than these are drawn as weeks: hundreds of bars are a hedge. */
const MOST_DAYS = 100;
const WEEK = 7;

/** Sums of so many days each; of nothing known is unknown. */
const summed = (values: (number | null)[], size: number): (number | null)[] =>
  [...Array(Math.ceil(values.length / size)).keys()].map((index) => {
    const known = values.slice(index * size, (index + 1) * size).filter((value) => value !== null);
    return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) : null;
  });

const dated = (days: DayLine[]) => new Map(days.map((day) => [day.date, day]));
const count = (day: DayLine | undefined, metric: string): number | null => (day ? countOf(day, metric).value : null);

export function Trend({ days, earlier, height = 270 }: { days: DayLine[]; earlier: DayLine[]; height?: number }) {
  const title = useTitles();
  const { days: asked, earlier: askedBefore } = useFilters();
  const [sent, replied, reply] = [title("total_sent"), title("total_replied"), title("reply_rate")];
  // As text, since a period is worked out anew each time.
  const [now, then] = [JSON.stringify(asked ?? null), askedBefore?.from];
  const option = useCallback(
    (palette: Palette) => {
      const all = axis(days, JSON.parse(now) ?? undefined);
      const [stored, before] = [dated(days), dated(earlier)];
      const size = all.length > MOST_DAYS ? WEEK : 1;
      // Weeks end with the last day: one of fewer days would look like a drop.
      const skip = all.length % size;
      const dates = all.slice(skip);
      return overDays(
        dates.filter((_, index) => index % size === 0),
        [
          { name: sent, values: summed(dates.map((date) => count(stored.get(date), "total_sent")), size), isBar: true },
          { name: replied, values: summed(dates.map((date) => count(stored.get(date), "total_replied")), size), isRight: true },
          ...(earlier.length > 0 && then
            ? [{ name: words.charts.earlier(sent), values: summed(dates.map((_, index) => count(before.get(plus(then, skip + index)), "total_sent")), size), isEarlier: true }]
            : []),
        ],
        palette,
      );
    },
    [days, earlier, sent, replied, now, then],
  );
  if (days.length === 0) return <Paper h="100%"><Empty why={words.overview.noDays} todo={words.overview.noDaysTodo} /></Paper>;
  const dates = axis(days, asked);
  const isWeekly = dates.length > MOST_DAYS;
  const before = earlier.length > 0 && askedBefore ? dated(earlier) : undefined;
  return (
    <Chart
      title={isWeekly ? words.overview.weeks : words.overview.trend} note={isWeekly ? words.overview.weeksAbout : words.overview.daysAbout} about={words.overview.trendAbout(days.length)} option={option} height={height}
      table={{
        head: [words.charts.day, sent, replied, reply, ...(before ? [words.charts.earlier(sent)] : [])],
        rows: days.map((day) => [
          day.date, count(day, "total_sent"), count(day, "total_replied"), rateOf(day, "reply_rate").rate,
          ...(before && askedBefore ? [count(before.get(plus(askedBefore.from, dates.indexOf(day.date))), "total_sent")] : []),
        ]),
        rates: [3],
      }}
    />
  );
}
