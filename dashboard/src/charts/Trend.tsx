/** Day by day: what was sent, and how much of it was replied to. */
import { Paper } from "@mantine/core";
import { useCallback } from "react";
import { useTitles } from "../figures/definitions";
import { countOf, type Line, rateOf, showCount, showRate } from "../figures/figure";
import { type Days, lengthOf, plus } from "../period";
import { useFilters } from "../search";
import { Empty } from "../states/Await";
import { words } from "../words";
import { Chart, type Palette } from "./Chart";
import { overDays } from "./options";

export type DayLine = Line & { date: string };

/** Every day of a period, stored or not: what is not stored is a gap, not a nearer neighbour. */
function axis(days: DayLine[], asked: Days | undefined): string[] {
  const [first, last] = [asked?.from ?? days[0]?.date, asked?.to ?? days.at(-1)?.date];
  if (!first || !last) return [];
  return [...Array(Math.max(0, lengthOf({ from: first, to: last }))).keys()].map((index) => plus(first, index));
}

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
      const dates = axis(days, JSON.parse(now) ?? undefined);
      const [stored, before] = [dated(days), dated(earlier)];
      return overDays(
        dates,
        [
          { name: sent, values: dates.map((date) => count(stored.get(date), "total_sent")), isBar: true },
          { name: replied, values: dates.map((date) => count(stored.get(date), "total_replied")), isRight: true },
          ...(earlier.length > 0 && then
            ? [{ name: words.charts.earlier(sent), values: dates.map((_, index) => count(before.get(plus(then, index)), "total_sent")), isEarlier: true }]
            : []),
        ],
        palette,
      );
    },
    [days, earlier, sent, replied, now, then],
  );
  if (days.length === 0) return <Paper h="100%"><Empty why={words.overview.noDays} todo={words.overview.noDaysTodo} /></Paper>;
  return (
    <Chart
      title={words.overview.trend} about={words.overview.trendAbout(days.length)} option={option} height={height}
      table={{
        head: [words.charts.day, sent, replied, reply],
        rows: days.map((day) => [day.date, showCount(countOf(day, "total_sent").value), showCount(countOf(day, "total_replied").value), showRate(rateOf(day, "reply_rate").rate)]),
      }}
    />
  );
}
