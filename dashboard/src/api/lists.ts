/** What is asked of lists: a part of the data, the same before, and pages until there are no more. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useFilters } from "../search";

type Answer<Row> = { data?: { data: Row[]; next_cursor?: string | null; previous?: { data: Row[] } | null } };

/** Asks for page after page; nobody sorts or searches half a list. */
export async function whole<Row>(page: (cursor: { cursor?: string }) => Promise<Answer<Row>>): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | undefined;
  do {
    const { data } = await page(cursor ? { cursor } : {});
    rows.push(...(data?.data ?? []));
    cursor = data?.next_cursor ?? undefined;
  } while (cursor);
  return rows;
}

/** A list that stays on the screen while another part of it is read. */
export function useWhole<Row>(key: unknown[], page: (cursor: { cursor?: string }) => Promise<Answer<Row>>) {
  return useQuery({ queryKey: key, queryFn: () => whole(page), placeholderData: keepPreviousData });
}

/** Lines, and those of the period before. */
export type Beside<Row> = { lines: Row[]; earlier: Row[] };

export function useBeside<Row>(key: unknown[], ask: () => Promise<Answer<Row>>) {
  return useQuery({
    queryKey: key,
    placeholderData: keepPreviousData,
    queryFn: async (): Promise<Beside<Row>> => {
      const { data } = await ask();
      return { lines: data?.data ?? [], earlier: data?.previous?.data ?? [] };
    },
  });
}

type Name = "client" | "platform" | "source" | "status" | "owner" | "campaign";

/** Every filter that there is: what most pages have. */
export const EVERY = ["client", "platform", "source", "campaign", "status", "owner"] as const satisfies readonly Name[];

export type Part = { [name in Name | "from" | "to"]?: string };

/** The part of the data that the address asks for, as the API's query; `compared` asks for the days before too. */
export function usePart(names: readonly Name[], hasPeriod = true): { part: Part; compared: Part & { compare?: "previous" } } {
  const { search, days, earlier } = useFilters();
  const part: Part = {};
  for (const name of names) {
    const value = search[name];
    if (value) part[name] = value;
  }
  if (hasPeriod && days) Object.assign(part, days);
  return { part, compared: hasPeriod && earlier ? { ...part, compare: "previous" } : part };
}
