/** Columns of metrics: the same heading, the same cell, wherever a line has them. */
import { type Place, placeOf } from "../figures/Behind";
import { CountCell, RateCell } from "../figures/Figure";
import { countOf, type Line, rateOf } from "../figures/figure";
import type { Column } from "./Table";

type Extra<Row> = Partial<Column<Row>> & { isSeconds?: boolean; /** Whose a line's figure is, where the line does not say so itself. */ place?: (row: Row) => Place | undefined };

export function countColumn<Row extends Line>(metric: string, title: string, extra: Extra<Row> = {}): Column<Row> {
  const { isSeconds = false, place = placeOf, ...rest } = extra;
  return {
    key: metric, title, isNumber: true, value: (row) => countOf(row, metric).value,
    view: (row) => <CountCell line={row} metric={metric} isSeconds={isSeconds} place={place(row)} />, ...rest,
  };
}

/** The rate, its n beside it; both, and what is above the line, are in the file. */
export function rateColumn<Row extends Line>(metric: string, title: string, scale?: number, extra: Extra<Row> = {}): Column<Row> {
  const { place = placeOf, ...rest } = extra;
  return {
    key: metric, title, isNumber: true, value: (row) => rateOf(row, metric).rate,
    view: (row) => <RateCell line={row} metric={metric} {...(scale !== undefined && { scale })} place={place(row)} />, ...rest,
  };
}

/** The greatest rate among lines that have enough to go by: the right end of drawn intervals. */
export function scaleOf(lines: Line[], metric: string, least = 50): number {
  const rates = lines.map((line) => rateOf(line, metric)).filter((rate) => (rate.below ?? 0) >= least);
  return Math.max(0.01, ...rates.map((rate) => rate.rate ?? 0)) * 1.25;
}
