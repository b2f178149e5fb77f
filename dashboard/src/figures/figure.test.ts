import { expect, test } from "vitest";
import { countOf, interval, rateOf, showCount, showRate, showSeconds, showTime, UNKNOWN } from "./figure";

test("what is not told is unknown, never 0, and a sum that lacks campaigns says so", () => {
  expect(showCount(countOf({ total_sent: null }, "total_sent").value)).toBe(UNKNOWN);
  expect(showRate(rateOf({}, "reply_rate").rate)).toBe(UNKNOWN);
  expect(countOf({ a: 5, a_known: 2, campaigns: 2, sub_sequences: 1 }, "a")).toEqual({ value: 5, isPartial: true });
  expect(countOf({ a: 5, a_known: 3, all: 3 }, "a")).toEqual({ value: 5, isPartial: false });
  expect(countOf({ a: 0, a_known: 1, all: 3 }, "a")).toEqual({ value: null, isPartial: false });
  expect(countOf({ a: null, a_known: 0 }, "a")).toEqual({ value: null, isPartial: false });
});

test("figures read as a person writes them", () => {
  expect(showCount(1525268)).toBe("1,525,268");
  expect([0, 0.0043, 0.0218, 0.5].map(showRate)).toEqual(["0.0 %", "0.43 %", "2.2 %", "50.0 %"]);
  expect([41, 300, 7200, 400000].map(showSeconds)).toEqual(["41 s", "5 min", "2.0 h", "4.6 d"]);
  expect([300, 7200, 400000].map((seconds) => showTime("talk_seconds", seconds))).toEqual(["5 min", "2.0 h", "111 h"]);
});

// statsmodels: proportion_confint(9, 253, method="wilson")
test("the interval of a share is Wilson's", () => {
  const [low, high] = interval(9, 253)!;
  expect(low).toBeCloseTo(0.018826, 6);
  expect(high).toBeCloseTo(0.066213, 6);
  expect(interval(0, 10)![0]).toBe(0);
  expect(interval(3, 0)).toBeNull();
});
