/** Templates, what of their copy goes with replies, and one of them whole. */
import { useQuery } from "@tanstack/react-query";
import { client, type Schemas } from "../../api/client";
import { EVERY, usePart, useWhole } from "../../api/lists";
import { useFilters } from "../../search";

export type Variant = Schemas["VariantLine"];
export type Detail = Schemas["VariantDetail"];
export type Decay = Schemas["VariantDecay"];
export type Pattern = Schemas["PatternLine"];

export function useVariants() {
  const { part } = usePart(EVERY, false);
  return useWhole<Variant>(["variants", part], (cursor) => client.GET("/api/v1/variants", { params: { query: { ...part, limit: 1000, ...cursor } } }));
}

/** A scope that is chosen stands over the client's or platform's own. */
export function usePatterns() {
  const { search } = useFilters();
  const { part } = usePart(["client", "platform"], false);
  const metric = search.outcome === "positive" ? ("positive" as const) : ("replies" as const);
  const wanted = search.scope ? { metric, scope: search.scope } : { ...part, metric, scope: part.client || part.platform ? undefined : "all" };
  return useWhole<Pattern>(["patterns", wanted], (cursor) => client.GET("/api/v1/patterns", { params: { query: { ...wanted, limit: 1000, ...cursor } as never } }));
}

/** Every scope that there is; few, and the same for long. */
export function useScopes() {
  const query = useWhole<Pattern>(["pattern scopes"], (cursor) => client.GET("/api/v1/patterns", { params: { query: { limit: 1000, ...cursor } } }));
  return [...new Set((query.data ?? []).map((line) => line.scope))].sort();
}

/** Where a template is, as an address says it: `source/id`. */
export const placeOf = (line: Variant): string => `${line.source_name}/${line.variant_id}`;

/** Where it is shown as it is laid out. */
export const pageOf = (line: Variant): string => `/api/v1/variants/${encodeURIComponent(line.source_name)}/${encodeURIComponent(line.variant_id)}/page`;

export function useVariant(place: string | undefined) {
  const cut = place?.lastIndexOf("/") ?? -1;
  const [source, id] = [place?.slice(0, cut) ?? "", place?.slice(cut + 1) ?? ""];
  return useQuery({
    queryKey: ["variant", source, id],
    enabled: cut > 0,
    queryFn: async () => (await client.GET("/api/v1/variants/{source}/{id}", { params: { path: { source, id } } })).data!,
  });
}
