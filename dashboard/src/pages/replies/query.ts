/** Replies page by page, how many want what, the thread of one, and what a person says it wants. */
import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { client, queries, type Schemas } from "../../api/client";
import { EVERY, usePart, useWhole } from "../../api/lists";
import { useFilters } from "../../search";

export type Reply = Schemas["ReplyLine"];
export type Message = Schemas["ThreadMessage"];

/** How sure at most, as the address names it. */
export const CONFIDENCES = { low: 0.5, middling: 0.8 } as const;

export function useReplies() {
  const { part } = usePart(EVERY);
  const { search } = useFilters();
  const most = CONFIDENCES[search.scope as keyof typeof CONFIDENCES];
  const wanted = {
    ...part, ...(search.tab && { intent: search.tab }), ...(search.only === "positive" && { sentiment: "positive" }), ...(search.only === "review" && { needs_review: true }), ...(search.only === "corrected" && { corrected: true }),
    ...(most !== undefined && { most_confidence: most }),
  };
  return useInfiniteQuery({
    queryKey: ["replies", wanted],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam }) => (await client.GET("/api/v1/replies", { params: { query: { ...wanted, limit: 50, ...(pageParam && { cursor: pageParam }) } } })).data!,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    select: ({ pages }) => ({ pages: pages.map((page) => page.data), pageParams: [] }),
  });
}

export function useIntents() {
  const { part } = usePart(EVERY);
  return useWhole<Schemas["IntentLine"]>(["intents", part], () => client.GET("/api/v1/replies/intents", { params: { query: part } }));
}

const pathOf = (reply: Reply) => ({ source: reply.source_name, id: reply.campaign_id, event_key: reply.event_key });

/** Where its thread is shown as it was laid out. */
export const pageOf = (reply: Reply): string =>
  `/api/v1/campaigns/${[reply.source_name, reply.campaign_id, "replies", reply.event_key, "thread", "page"].map(encodeURIComponent).join("/")}`;

export function useThread(reply: Reply) {
  return useQuery({
    queryKey: ["thread", reply.source_id, reply.campaign_id, reply.event_key],
    queryFn: async () => (await client.GET("/api/v1/campaigns/{source}/{id}/replies/{event_key}/thread", { params: { path: pathOf(reply) } })).data?.data ?? [],
  });
}

/** A class, or none to take one's word back. */
export function useCorrect() {
  return useMutation({
    mutationFn: ({ reply, intent }: { reply: Reply; intent: string | undefined }) => {
      const params = { path: pathOf(reply) };
      const path = "/api/v1/campaigns/{source}/{id}/replies/{event_key}/correction" as const;
      return intent ? client.POST(path, { params, body: { reply_category: intent } }) : client.DELETE(path, { params });
    },
    onSuccess: () => Promise.all(["replies", "intents", "attention"].map((name) => queries.invalidateQueries({ queryKey: [name] }))),
  });
}
