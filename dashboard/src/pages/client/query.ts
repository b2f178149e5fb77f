/** What a client's pages are made of: its week, its targets, its figures. Without a client it is the one that a share link shows. */
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { again, client as api, type Schemas } from "../../api/client";
import { usePart, whole } from "../../api/lists";
import { OF_TREND } from "../../charts/Trend";

export type Weekly = Schemas["WeeklyReport"];
export type WeeklyFigure = Schemas["WeeklyFigure"];

export function useReport(client: string | undefined) {
  const { part, compared } = usePart([]);
  const own = client === undefined ? {} : { client };
  return useQuery({
    queryKey: ["report", client, compared],
    placeholderData: keepPreviousData,
    queryFn: async () => {
      const [overview, days, campaigns] = await Promise.all([
        api.GET("/api/v1/overview", { params: { query: { ...compared, ...own } } }),
        api.GET("/api/v1/series", { params: { query: { ...part, ...own, ...OF_TREND } } }),
        whole((cursor) => api.GET("/api/v1/campaigns", { params: { query: { ...part, ...own, limit: 1000, ...cursor } } })),
      ]);
      return {
        current: overview.data?.data[0],
        previous: overview.data?.previous?.data[0],
        days: days.data?.data ?? [],
        campaigns: campaigns.filter((line) => (line.total_sent ?? 0) > 0),
      };
    },
  });
}

/** The week in which a day is; the last one that is over without it. */
export function useWeek(client: string, week: string | undefined) {
  return useQuery({
    queryKey: ["week", client, week],
    placeholderData: keepPreviousData,
    queryFn: async () => (await api.GET("/api/v1/clients/{client}/report", { params: { path: { client }, query: week ? { week } : {} } })).data!,
  });
}

export const targetsOf = (client: string) => ({
  queryKey: ["targets", client],
  queryFn: async () => ((await api.GET("/api/v1/clients/{client}/targets", { params: { path: { client } } })).data?.targets ?? {}) as Record<string, number>,
});

export const useTargets = (client: string) => useQuery(targetsOf(client));

export const useSetTargets = (client: string) =>
  useMutation({
    mutationFn: (targets: Record<string, number | null>) => api.PATCH("/api/v1/clients/{client}/targets", { params: { path: { client } }, body: { targets } }),
    onSuccess: again,
  });
