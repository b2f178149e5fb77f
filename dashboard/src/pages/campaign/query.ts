/** One campaign: its figures now and before, its days, steps and hours. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { client, type Schemas } from "../../api/client";
import { usePart, useWhole } from "../../api/lists";
import { OF_TREND } from "../../charts/Trend";

export type LeadStates = Schemas["LeadStates"];
export type StepReached = Schemas["StepReached"];
export type Variant = Schemas["VariantLine"];

export type Place = { source: string; id: string };

export function useCampaign({ source, id }: Place) {
  const { part, compared } = usePart([]);
  return useQuery({
    queryKey: ["campaign", source, id, compared],
    placeholderData: keepPreviousData,
    queryFn: async () => {
      const [own, list, days] = await Promise.all([
        client.GET("/api/v1/campaigns/{source}/{id}", { params: { path: { source, id }, query: part } }),
        client.GET("/api/v1/campaigns", { params: { query: { ...compared, source, campaign: id } } }),
        client.GET("/api/v1/series", { params: { query: { ...compared, ...OF_TREND, source, campaign: id } } }),
      ]);
      return {
        ...own.data!,
        earlier: list.data?.previous?.data[0],
        series: { days: days.data?.data ?? [], earlier: days.data?.previous?.data ?? [] },
      };
    },
  });
}

export function useVariants({ source, id }: Place) {
  return useWhole<Variant>(["variants", source, id], () => client.GET("/api/v1/campaigns/{source}/{id}/variants", { params: { path: { source, id } } }));
}

export function useHours({ source, id }: Place) {
  const { part } = usePart([]);
  return useWhole<Schemas["HourCell"]>(["hours", source, id, part], () => client.GET("/api/v1/campaigns/{source}/{id}/heatmap", { params: { path: { source, id }, query: part } }));
}

export function useEnrolment({ source, id }: Place) {
  const { part } = usePart([]);
  return useQuery({
    queryKey: ["enrolment", source, id, part],
    placeholderData: keepPreviousData,
    queryFn: async () => (await client.GET("/api/v1/campaigns/{source}/{id}/enrollment", { params: { path: { source, id }, query: part } })).data!,
  });
}

export function useMailboxes({ source, id }: Place) {
  const { part } = usePart([]);
  return useWhole<Schemas["AccountLine"]>(["campaign mailboxes", source, id, part], () => client.GET("/api/v1/campaigns/{source}/{id}/mailboxes", { params: { path: { source, id }, query: part } }));
}

/** So many stand on its page. */
const NEWEST = 5;

export function useReplies({ source, id }: Place) {
  const { part } = usePart([]);
  return useQuery({
    queryKey: ["replies", source, id, part],
    placeholderData: keepPreviousData,
    queryFn: async () => (await client.GET("/api/v1/campaigns/{source}/{id}/replies", { params: { path: { source, id }, query: { ...part, limit: NEWEST } } })).data?.data ?? [],
  });
}
