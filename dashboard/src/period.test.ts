import { expect, test } from "vitest";
import { before, daysOf, isDay, lengthOf, type Preset } from "./period";

test("each preset stands for its days, both ends included", () => {
  const days = (preset: Preset) => daysOf(preset, {}, "2026-03-01");
  expect(days("yesterday")).toEqual({ from: "2026-02-28", to: "2026-02-28" });
  expect(days("7d")).toEqual({ from: "2026-02-23", to: "2026-03-01" });
  expect(lengthOf(days("30d")!)).toBe(30);
  expect(days("month")).toEqual({ from: "2026-03-01", to: "2026-03-01" });
  expect(days("all")).toBeUndefined();
});

test("a custom period that is none asks for everything rather than for nonsense", () => {
  expect(daysOf("custom", { from: "2026-02-30", to: "2026-03-01" }, "2026-03-01")).toBeUndefined();
  expect(daysOf("custom", { from: "2026-03-02", to: "2026-03-01" }, "2026-03-09")).toBeUndefined();
  expect(isDay("2026-02-30")).toBe(false);
});

test("the period before begins on the same weekday and has as many days", () => {
  for (const days of [
    { from: "2026-11-28", to: "2026-11-28" },
    { from: "2026-11-22", to: "2026-11-28" },
    { from: "2026-10-30", to: "2026-11-28" },
  ]) {
    const earlier = before(days);
    expect(new Date(earlier.from).getUTCDay()).toBe(new Date(days.from).getUTCDay());
    expect(lengthOf(earlier)).toBe(lengthOf(days));
    expect(earlier.to < days.from).toBe(true);
  }
});
