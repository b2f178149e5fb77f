/** What each figure means and where it comes from, asked once. */
import { api, type Schemas } from "../api/client";
import { usePart } from "../api/lists";
import { words } from "../words";

export type Definition = Schemas["GlossaryLine"];

/** A shared page may be told less, never something else. */
const forever = { staleTime: Number.POSITIVE_INFINITY } as const;

export function useGlossary() {
  return api.useQuery("get", "/api/v1/glossary", {}, forever);
}

export function useDefinition(metric: string): Definition | undefined {
  return useGlossary().data?.data.find((line) => line.name === metric);
}

/** The heading of a metric, the same everywhere. */
export function useTitles(): (metric: string) => string {
  const lines = useGlossary().data?.data;
  return (metric) => lines?.find((line) => line.name === metric)?.title ?? metric;
}

/** Of what a client is promised: metrics, and the meetings that people tell. */
export function useTargetTitles(): (metric: string) => string {
  const title = useTitles();
  return (metric) => (metric === "meetings_booked" ? words.week.meetingsBooked : title(metric));
}

export type Explanation = Schemas["Explanation"];

/** Where a metric comes from, down to the fields of the services that are looked at, and when it was read. */
export function useExplanation(metric: string) {
  const { part } = usePart(["client", "platform", "source"], false);
  return api.useQuery("get", "/api/v1/explain", { params: { query: { metric, ...part } } }, { staleTime: 60_000 });
}
