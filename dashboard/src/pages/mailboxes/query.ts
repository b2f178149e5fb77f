/** Mailboxes, and their domains. */
import { client, type Schemas } from "../../api/client";
import { usePart, useWhole } from "../../api/lists";

export type Mailbox = Schemas["AccountLine"];
export type Domain = Schemas["DomainLine"];

const NAMES = ["client", "platform", "source"] as const;

export function useMailboxes() {
  const { part } = usePart(NAMES, false);
  return useWhole<Mailbox>(["mailboxes", part], (cursor) => client.GET("/api/v1/mailboxes", { params: { query: { ...part, limit: 1000, ...cursor } } }));
}

export function useDomains() {
  const { part } = usePart(NAMES, false);
  return useWhole<Domain>(["domains", part], () => client.GET("/api/v1/domains", { params: { query: part } }));
}
