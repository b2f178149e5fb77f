/** E-mails, calls and people one by one, page after page, the newest first. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { client, type Schemas } from "../../api/client";
import { EVERY, usePart } from "../../api/lists";
import type { Calls, Messages, People } from "../../figures/Behind";

export type Message = Schemas["MessageLine"];
export type Call = Schemas["CallLine"];
export type Person = Schemas["PersonLine"];

/** So many are read at once. */
const PAGE = 500;

function useList<Row>(key: unknown[], page: (rest: { limit: number; cursor?: string }) => Promise<{ data?: { data: Row[]; next_cursor?: string | null } }>) {
  return useInfiniteQuery({
    queryKey: key,
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam }) => (await page({ limit: PAGE, ...(pageParam && { cursor: pageParam }) })).data!,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    select: ({ pages }) => ({ pages: pages.map((one) => one.data), pageParams: [] }),
  });
}

export function useMessages(kind: Messages) {
  const { part } = usePart(EVERY);
  return useList<Message>(["messages", kind, part], (rest) => client.GET("/api/v1/messages", { params: { query: { ...part, ...rest, kind } } }));
}

export function useCallList(kind: Calls) {
  const { part } = usePart(EVERY);
  return useList<Call>(["call list", kind, part], (rest) => client.GET("/api/v1/calls/list", { params: { query: { ...part, ...rest, kind } } }));
}

export function usePeople(stage: People) {
  const { part } = usePart(EVERY);
  return useList<Person>(["people", stage, part], (rest) => client.GET("/api/v1/journey/people", { params: { query: { ...part, ...rest, stage } } }));
}
