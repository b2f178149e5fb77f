import { expect, test } from "vitest";
import { judge } from "./verdict";

// statsmodels: proportions_ztest([60, 35], [1000, 1000]) gives z = 2.6281, ([60, 36], [1000, 1000]) z = 2.5105
test("two templates are told apart where chance does so once in a hundred, and where there is enough of both", () => {
  expect(judge({ replied: 60, delivered: 1000 }, { replied: 35, delivered: 1000 })).toBe("a");
  expect(judge({ replied: 35, delivered: 1000 }, { replied: 60, delivered: 1000 })).toBe("b");
  expect(judge({ replied: 60, delivered: 1000 }, { replied: 36, delivered: 1000 })).toBe("not_conclusive");
  expect(judge({ replied: 15, delivered: 99 }, { replied: 6, delivered: 1000 })).toBe("not_conclusive");
  expect(judge({ replied: null, delivered: 1000 }, { replied: 6, delivered: 1000 })).toBe("unknown");
});
