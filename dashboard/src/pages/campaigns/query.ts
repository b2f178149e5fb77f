/** Campaigns with their figures, all of the part that is asked for; how each went on, and what is wrong with it. */
import { client, type Schemas } from "../../api/client";
import { EVERY, usePart, useWhole } from "../../api/lists";
import { OF_TREND } from "../../charts/Trend";
import { lengthOf } from "../../period";
import { useFilters } from "../../search";

export type Campaign = Schemas["CampaignLine"];
export type Point = Schemas["SeriesPoint"];

export function useCampaigns() {
  const { part } = usePart(EVERY);
  return useWhole<Campaign>(["campaigns", part], (cursor) => client.GET("/api/v1/campaigns", { params: { query: { ...part, limit: 1000, ...cursor } } }));
}

/** As many points as a small picture holds: every campaign has one. */
const POINTS = 13;

export function useCourses() {
  const { part } = usePart(EVERY);
  const { days } = useFilters();
  const length = days ? lengthOf(days) : Number.POSITIVE_INFINITY;
  const granularity = length <= POINTS ? "day" : length <= POINTS * 7 ? "week" : "month";
  return useWhole<Point>(["courses", part, granularity], () => client.GET("/api/v1/series", { params: { query: { ...part, ...OF_TREND, granularity, group_by: "campaign" } } }));
}
