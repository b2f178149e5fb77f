import { expect, test } from "vitest";
import { standOf } from "./standing";

test("counts are promised a week; a rate is behind only where chance does not explain it; what is partly known is not behind", () => {
  expect(standOf({ total_sent: 3000 }, "total_sent", 1000, 14).standing).toBe("ahead");
  expect(standOf({ total_sent: 1900 }, "total_sent", 1000, 14)).toEqual({ metric: "total_sent", standing: "behind", value: 1900, wanted: 2000 });
  expect(standOf({ total_sent: 1900, total_sent_known: 1, campaigns: 2 }, "total_sent", 1000, 14).standing).toBe("unknown");
  const rate = (above: number, below: number) => ({ bounce_rate: above / below, bounce_rate_numerator: above, bounce_rate_denominator: below });
  expect(standOf(rate(3, 100), "bounce_rate", 0.02, 7).standing).toBe("on_target");
  expect(standOf(rate(300, 10_000), "bounce_rate", 0.02, 7).standing).toBe("behind");
  expect(standOf({}, "reply_rate", 0.02, 7).standing).toBe("unknown");
});
