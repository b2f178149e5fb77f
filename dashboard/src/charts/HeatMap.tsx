/** When it happens: weekdays by hours. */
import { useCallback } from "react";
import { words } from "../words";
import { Chart, type Palette } from "./Chart";
import { weekdaysByHour } from "./options";

export type HeatCell = { day_of_week: number; hour_of_day: number; value: number | null };

const heat = () => import("./heat");

/** `day_of_week` counts from Sunday; a week of work begins on Monday. */
export function HeatMap({ title, name, cells, isRate = false }: { title: string; name: string; cells: HeatCell[]; isRate?: boolean }) {
  const option = useCallback(
    (palette: Palette) =>
      weekdaysByHour(cells.map((cell) => ({ weekday: (cell.day_of_week + 6) % 7, hour: cell.hour_of_day, value: cell.value })), [...words.charts.weekdays], name, isRate, palette),
    [cells, name, isRate],
  );
  return (
    <Chart
      title={title} note={words.charts.ownHours} about={words.charts.heatAbout(name)} option={option} engine={heat} height={220}
      table={{
        head: [words.charts.hour, ...words.charts.weekdays],
        rows: [...Array(24).keys()].map((hour) => [
          `${String(hour).padStart(2, "0")}:00`,
          ...words.charts.weekdays.map((_, weekday) => cells.find((cell) => cell.hour_of_day === hour && (cell.day_of_week + 6) % 7 === weekday)?.value ?? null),
        ]),
        rates: isRate ? words.charts.weekdays.map((_, weekday) => weekday + 1) : [],
      }}
    />
  );
}
