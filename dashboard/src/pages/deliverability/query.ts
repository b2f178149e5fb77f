/** Mailboxes, their domains, and what stands against delivery. */
import { useMutation } from "@tanstack/react-query";
import { client, queries, type Schemas } from "../../api/client";
import { EVERY, usePart, useWhole } from "../../api/lists";
import { useFilters } from "../../search";

export type Mailbox = Schemas["AccountLine"];
export type Domain = Schemas["DomainLine"];
export type Alert = Schemas["AlertLine"];

/** What an alert can be asked for by. */
export const NAMES = ["client", "platform", "source"] as const;

export function useMailboxes() {
  const { part } = usePart(EVERY);
  return useWhole<Mailbox>(["mailboxes", part], (cursor) => client.GET("/api/v1/mailboxes", { params: { query: { ...part, limit: 1000, ...cursor } } }));
}

export function useDomains() {
  const { part } = usePart(EVERY);
  return useWhole<Domain>(["domains", part], () => client.GET("/api/v1/domains", { params: { query: part } }));
}

/** Those that stand, or with `only=all` those that are over, too. */
export function useAlerts() {
  const { part } = usePart(NAMES, false);
  const { search } = useFilters();
  const wanted = { ...part, ...(search.only !== "all" && { standing: true }) };
  return useWhole<Alert>(["alerts", wanted], (cursor) => client.GET("/api/v1/alerts", { params: { query: { ...wanted, limit: 1000, ...cursor } } }));
}

export function useAcknowledge() {
  return useMutation({
    onSuccess: () => queries.invalidateQueries({ queryKey: ["alerts"] }),
    mutationFn: ({ id, isNoted }: { id: number; isNoted: boolean }) => {
      const params = { path: { id } };
      return isNoted ? client.POST("/api/v1/alerts/{id}/acknowledgement", { params }) : client.DELETE("/api/v1/alerts/{id}/acknowledgement", { params });
    },
  });
}
