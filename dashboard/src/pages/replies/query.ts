/** Replies page by page, and the thread of one. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { client, type Schemas } from "../../api/client";
import { EVERY, usePart } from "../../api/lists";
import { useFilters } from "../../search";

export type Reply = Schemas["ReplyLine"];
export type Message = Schemas["ThreadMessage"];

export function useReplies() {
  const { part } = usePart(EVERY);
  const { search } = useFilters();
  const wanted = { ...part, ...(search.tab && { intent: search.tab }), ...(search.q === "review" && { needs_review: true }) };
  return useInfiniteQuery({
    queryKey: ["replies", wanted],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam }) => (await client.GET("/api/v1/replies", { params: { query: { ...wanted, limit: 50, ...(pageParam && { cursor: pageParam }) } } })).data!,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    select: ({ pages }) => ({ pages: pages.map((page) => page.data), pageParams: [] }),
  });
}

export function useThread(reply: Reply) {
  return useQuery({
    queryKey: ["thread", reply.source_id, reply.campaign_id, reply.event_key],
    queryFn: async () =>
      (await client.GET("/api/v1/campaigns/{source}/{id}/replies/{event_key}/thread", {
        params: { path: { source: reply.source_name, id: reply.campaign_id, event_key: reply.event_key } },
      })).data?.data ?? [],
  });
}
