/** Campaigns with their figures, all of the part that is asked for. */
import { client, type Schemas } from "../../api/client";
import { usePart, useWhole } from "../../api/lists";

export type Campaign = Schemas["CampaignLine"];

export function useCampaigns() {
  const { part } = usePart(["client", "platform", "source", "status", "owner"]);
  return useWhole<Campaign>(["campaigns", part], (cursor) => client.GET("/api/v1/campaigns", { params: { query: { ...part, limit: 1000, ...cursor } } }));
}
