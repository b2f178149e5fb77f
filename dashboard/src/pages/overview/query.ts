/** The figures of everything together, day by day, and what needs somebody. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { client, type Schemas } from "../../api/client";
import { EVERY, useBeside, usePart, useWhole } from "../../api/lists";
import { OF_TREND } from "../../charts/Trend";
import type { Campaign } from "../campaigns/query";

export type Total = Schemas["GroupLine"];
export type Need = Schemas["Attention"];

export function useOverview() {
  const { compared } = usePart(EVERY);
  return useBeside<Total>(["overview", compared], () => client.GET("/api/v1/overview", { params: { query: compared } }));
}

export function useDays() {
  const { compared } = usePart(EVERY);
  return useBeside<Schemas["SeriesPoint"]>(["days", compared], () => client.GET("/api/v1/series", { params: { query: { ...compared, ...OF_TREND } } }));
}

export function useAttention() {
  const { part } = usePart(EVERY, false);
  return useWhole<Need>(["attention", part], () => client.GET("/api/v1/needs-attention", { params: { query: part } }));
}

/** So many campaigns of the best and of the worst. */
const RANKED = 5;

/** Campaigns by the cautious end of their reply rate's interval, so that a lucky few e-mails lead no list. */
export function useRanked(order: "best_reply_rate" | "worst_reply_rate", status?: string) {
  const { part } = usePart(EVERY);
  const query = { ...part, ...(status && { status }), order, limit: RANKED };
  const above = useOverview();
  return useQuery({
    // What stands above it comes first.
    enabled: above.isError || (above.isSuccess && !above.isPlaceholderData),
    queryKey: ["ranked", query],
    placeholderData: keepPreviousData,
    // Running and not running at once is nothing.
    queryFn: async (): Promise<Campaign[]> => (status && part.status && part.status !== status ? [] : ((await client.GET("/api/v1/campaigns", { params: { query } })).data?.data ?? [])),
  });
}
