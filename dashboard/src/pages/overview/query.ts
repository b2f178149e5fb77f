/** The figures of everything together, day by day, and what needs somebody. */
import { client, type Schemas } from "../../api/client";
import { EVERY, useBeside, usePart, useWhole } from "../../api/lists";

export type Total = Schemas["GroupLine"];
export type Need = Schemas["Attention"];
export type Stage = Schemas["FunnelStage"];

export function useOverview() {
  const { compared } = usePart(EVERY);
  return useBeside<Total>(["overview", compared], () => client.GET("/api/v1/overview", { params: { query: compared } }));
}

export function useDays() {
  const { compared } = usePart(EVERY);
  return useBeside<Schemas["SeriesPoint"]>(["days", compared], () => client.GET("/api/v1/series", { params: { query: compared } }));
}

export function useFunnel() {
  const { part } = usePart(EVERY);
  return useWhole<Stage>(["funnel", part], () => client.GET("/api/v1/funnel", { params: { query: part } }));
}

export function useAttention() {
  const { part } = usePart(EVERY, false);
  return useWhole<Need>(["attention", part], () => client.GET("/api/v1/needs-attention", { params: { query: part } }));
}
