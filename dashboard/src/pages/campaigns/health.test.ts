import { expect, test } from "vitest";
import { bandOf } from "../deliverability/bands";
import { healthOf } from "./health";
import type { Campaign } from "./parts";

const line = (some: Partial<Campaign>) => ({ source_id: 1, campaign_id: "7", status: "active", ...some }) as Campaign;

test("bounces are in a band from 50 sent on, the bands' ends belong to watching", () => {
  expect([0.019, 0.02, 0.03, 0.031].map((rate) => bandOf(rate, 1000))).toEqual(["good", "warn", "warn", "bad"]);
  expect(bandOf(0.2, 49)).toBeUndefined();
  expect(bandOf(null, null)).toBeUndefined();
});

test("a campaign of which little is known is not called healthy", () => {
  expect(healthOf(line({}), []).level).toBe("unknown");
  expect(healthOf(line({ bounce_rate: 0.01, bounce_rate_denominator: 500 }), []).level).toBe("good");
  const falling = { kind: "falling", level: "warning", link: { page: "campaigns", source_id: 1, id: "7" }, numbers: {}, subject: "", text: "" } as const;
  expect(healthOf(line({ bounce_rate: 0.025, bounce_rate_denominator: 500 }), [falling])).toEqual({ level: "bad", text: "watch bounces, replies fall" });
  const more = { ...falling, kind: "more", link: { page: "campaigns" } } as const;
  expect(healthOf(line({ campaign_id: "8", bounce_rate: 0.01, bounce_rate_denominator: 500 }), [falling, more])).toEqual({ level: "unknown", text: "replies may fall" });
  expect(healthOf(line({ last_synced_at: "2026-01-01T00:00:00Z" }), [], Date.parse("2026-01-03T00:00:00Z")).text).toBe("figures old");
});
