/** Columns of metrics: the same heading, the same cell, wherever a line has them. */
import { CountCell, RateCell } from "../figures/Figure";
import { countOf, type Line, rateOf } from "../figures/figure";
import type { Column } from "./Table";

export function countColumn<Row extends Line>(metric: string, title: string, extra: Partial<Column<Row>> & { isSeconds?: boolean } = {}): Column<Row> {
  const { isSeconds = false, ...rest } = extra;
  return {
    key: metric, title, isNumber: true, value: (row) => countOf(row, metric).value,
    view: (row) => <CountCell line={row} metric={metric} isSeconds={isSeconds} />, ...rest,
  };
}

/** The rate, its n beside it; both, and what is above the line, are in the file. */
export function rateColumn<Row extends Line>(metric: string, title: string, scale?: number, extra: Partial<Column<Row>> = {}): Column<Row> {
  return {
    key: metric, title, isNumber: true, value: (row) => rateOf(row, metric).rate,
    view: (row) => <RateCell line={row} metric={metric} {...(scale !== undefined && { scale })} />, ...extra,
  };
}

/** The greatest rate among lines that have enough to go by: the right end of drawn intervals. */
export function scaleOf(lines: Line[], metric: string, least = 50): number {
  const rates = lines.map((line) => rateOf(line, metric)).filter((rate) => (rate.below ?? 0) >= least);
  return Math.max(0.01, ...rates.map((rate) => rate.rate ?? 0)) * 1.25;
}
