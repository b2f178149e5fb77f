/** People taken together, and the same before. */
import { client, type Schemas } from "../../api/client";
import { EVERY, useBeside, usePart, useWhole } from "../../api/lists";

export type PeoplePart = Schemas["Part"];
export type Duplicate = Schemas["DuplicateLine"];

export function useJourney(group_by: "total" | "client" | "campaign") {
  const { compared } = usePart(EVERY);
  return useBeside<PeoplePart>(["journey", group_by, compared], () => client.GET("/api/v1/journey", { params: { query: { ...compared, group_by } } }));
}

export function useDuplicates() {
  const { part } = usePart(EVERY);
  return useWhole<Duplicate>(["duplicates", part], () => client.GET("/api/v1/journey/duplicates", { params: { query: part } }));
}
