/** How the few kinds of chart look, the same on every page. */
import type { EChartsCoreOption } from "echarts/core";
import { showCount, showRate } from "../figures/figure";
import type { Palette } from "./Chart";

export type Series = { name: string; values: (number | null)[]; isRate?: boolean; isRight?: boolean; isEarlier?: boolean; isBar?: boolean };

const tooltip = (palette: Palette, dark = palette.ink === "#e3e6eb") => ({
  trigger: "axis",
  confine: true,
  backgroundColor: dark ? "#24282f" : "#ffffff",
  borderColor: palette.line,
  textStyle: { color: palette.ink, fontSize: 12 },
});

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `28 Nov` for `2026-11-28`; what is no day stays. */
function shortDay(text: string): string {
  const [, month, day] = /^\d{4}-(\d{2})-(\d{2})$/.exec(text) ?? [];
  return month && day ? `${Number(day)} ${MONTHS[Number(month) - 1]}` : text;
}

/** Days from left to right, all of them named or one of so many; rates, and counts much smaller than the others, have an axis of their own on the right. */
export function overDays(days: string[], series: Series[], palette: Palette, every?: number): EChartsCoreOption {
  const isRight = (one: Series) => Boolean(one.isRate || one.isRight);
  const onRight = series.filter(isRight);
  const label = { color: palette.quiet, fontSize: 11 };
  return {
    aria: { enabled: true, decal: { show: false } },
    grid: { left: 8, right: 8, top: 34, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    legend: { top: 0, left: 0, icon: "roundRect", itemWidth: 14, itemHeight: 3, textStyle: { color: palette.ink, fontSize: 12 } },
    tooltip: tooltip(palette),
    xAxis: {
      type: "category",
      data: days,
      axisLabel: { ...label, hideOverlap: true, formatter: shortDay, ...(every && { interval: every - 1 }) },
      axisTick: { show: false },
      axisLine: { lineStyle: { color: palette.line } },
    },
    yAxis: [
      { type: "value", min: 0, axisLabel: label, splitLine: { lineStyle: { color: palette.line } }, splitNumber: 4 },
      {
        type: "value", min: 0, show: onRight.length > 0, splitLine: { show: false }, splitNumber: 4,
        axisLabel: { ...label, formatter: onRight.some((one) => one.isRate) ? (value: number) => showRate(value) : showCount },
      },
    ],
    series: series.map((one, index) => ({
      name: one.name,
      type: one.isBar ? "bar" : "line",
      yAxisIndex: isRight(one) ? 1 : 0,
      data: one.values,
      showSymbol: one.values.filter((value) => value !== null).length < 3,
      symbolSize: 6,
      connectNulls: false,
      barMaxWidth: 18,
      itemStyle: one.isBar ? { borderRadius: [3, 3, 0, 0], opacity: 0.85 } : {},
      // Never by colour alone: what was before is dashed, what has the right axis is dotted.
      lineStyle: { width: one.isEarlier ? 1.5 : 2, type: one.isEarlier ? "dashed" : isRight(one) ? [5, 3] : "solid" },
      z: series.length - index,
      tooltip: { valueFormatter: (value: unknown) => (one.isRate ? showRate : showCount)(typeof value === "number" ? value : null) },
    })),
  };
}

/** Days from left to right, shares of a whole on top of one another. */
export function stackedDays(days: string[], series: { name: string; values: (number | null)[] }[], palette: Palette): EChartsCoreOption {
  const option = overDays(days, series, palette) as { series: object[] };
  return { ...option, series: option.series.map((one) => ({ ...one, stack: "all", areaStyle: { opacity: 0.55 }, lineStyle: { width: 1 } })) };
}

/** Points with the interval of each as a band, and the curve that was fitted to them. */
export function withBand(
  steps: string[],
  points: { name: string; values: (number | null)[]; low: (number | null)[]; high: (number | null)[] },
  curve: { name: string; values: (number | null)[] },
  band: string,
  palette: Palette,
): EChartsCoreOption {
  const option = overDays(steps, [{ name: points.name, values: points.values, isRate: true }], palette) as { yAxis: object[]; legend: object };
  const rate = (value: unknown) => showRate(typeof value === "number" ? value : null);
  const wide = points.high.map((high, index) => (high === null ? null : high - (points.low[index] ?? 0)));
  const colour = palette.series[0];
  const hidden = { type: "line", stack: "band", symbol: "none", lineStyle: { opacity: 0 }, tooltip: { show: false } };
  return {
    ...option,
    yAxis: [{ ...option.yAxis[0], axisLabel: { color: palette.quiet, fontSize: 11, formatter: rate } }],
    legend: { ...option.legend, data: [points.name, curve.name, band] },
    series: [
      { ...hidden, name: "", data: points.low, silent: true },
      { ...hidden, name: band, data: wide, areaStyle: { color: colour, opacity: 0.16 }, itemStyle: { color: colour, opacity: 0.3 } },
      { name: points.name, type: "line", data: points.values, symbol: "circle", symbolSize: 6, lineStyle: { width: 0 }, itemStyle: { color: colour }, tooltip: { valueFormatter: rate } },
      { name: curve.name, type: "line", data: curve.values, symbol: "none", lineStyle: { width: 2, type: "dashed", color: palette.series[2] }, itemStyle: { color: palette.series[2] }, tooltip: { valueFormatter: rate } },
    ],
  };
}

/** Hours from left to right, weekdays from top to bottom; darker is more. */
export function weekdaysByHour(
  cells: { weekday: number; hour: number; value: number | null }[],
  weekdays: string[],
  name: string,
  isRate: boolean,
  palette: Palette,
): EChartsCoreOption {
  const label = { color: palette.quiet, fontSize: 11 };
  const show = (value: number | null) => (isRate ? showRate : showCount)(value);
  const known = cells.filter((cell) => cell.value !== null);
  return {
    aria: { enabled: true },
    grid: { left: 8, right: 8, top: 4, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    tooltip: {
      ...tooltip(palette),
      trigger: "item",
      formatter: ({ value }: { value: [number, number, number] }) =>
        `${weekdays[value[1]]} ${String(value[0]).padStart(2, "0")}:00 · ${name}: ${show(value[2])}`,
    },
    xAxis: { type: "category", data: [...Array(24).keys()].map((hour) => String(hour).padStart(2, "0")), axisLabel: label, axisTick: { show: false }, axisLine: { show: false } },
    yAxis: { type: "category", inverse: true, data: weekdays, axisLabel: label, axisTick: { show: false }, axisLine: { show: false } },
    visualMap: { show: false, min: 0, max: Math.max(...known.map((cell) => cell.value ?? 0), isRate ? 0.001 : 1), inRange: { color: [palette.low, palette.high] } },
    series: [
      {
        type: "heatmap",
        data: known.map((cell) => [cell.hour, cell.weekday, cell.value]),
        itemStyle: { borderRadius: 2, borderWidth: 2, borderColor: "transparent" },
      },
    ],
  };
}
