/** What a client's report is made of. Without a client it is the one that a share link shows. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { client as api } from "../../api/client";
import { usePart, whole } from "../../api/lists";

export function useReport(client: string | undefined) {
  const { part, compared } = usePart([]);
  const own = client === undefined ? {} : { client };
  return useQuery({
    queryKey: ["report", client, compared],
    placeholderData: keepPreviousData,
    queryFn: async () => {
      const [overview, days, campaigns] = await Promise.all([
        api.GET("/api/v1/overview", { params: { query: { ...compared, ...own } } }),
        api.GET("/api/v1/series", { params: { query: { ...part, ...own } } }),
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
