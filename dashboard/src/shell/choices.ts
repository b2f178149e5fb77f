/** What each filter can be set to, as the data has it. */
import { useQuery } from "@tanstack/react-query";
import { api, client } from "../api/client";
import { whole } from "../api/lists";
import { useIsInsider } from "../api/session";
import { words } from "../words";

type Choice = { value: string; label: string; id?: number };

/** The states that the services have in common. */
export const STATUSES = ["active", "paused", "completed", "stopped", "drafted", "archived"];

export function useChoices(): Record<"client" | "platform" | "source", Choice[]> {
  const enabled = useIsInsider();
  const sources = api.useQuery("get", "/api/v1/sources", {}, { staleTime: 60_000, enabled }).data?.data ?? [];
  const clients = api.useQuery("get", "/api/v1/clients", { params: { query: {} } }, { staleTime: 60_000, enabled }).data?.data ?? [];
  const same = (value: string) => ({ value, label: value });
  const platforms = [...new Set(sources.map((source) => source.platform))];
  return {
    client: clients.flatMap((line) => (line.label ? [same(line.label)] : [])).sort((a, b) => a.label.localeCompare(b.label)),
    platform: platforms.map((value: string) => ({ value, label: words.platforms[value as keyof typeof words.platforms] ?? value })),
    source: sources.map((source) => ({ ...same(source.name), id: source.id })),
  };
}

/** All campaigns by name, of all time, as far as they are read; read when a filter, a palette or a name asks for them. */
export const useKnownCampaigns = () => useCampaigns().data ?? [];

export function useCampaigns() {
  return useQuery({
    queryKey: ["known campaigns"],
    queryFn: () => whole((cursor) => client.GET("/api/v1/campaigns", { params: { query: { limit: 1000, ...cursor } } })),
    staleTime: 300_000,
  });
}

/** Whose campaigns there are: by the id that the filter takes, and the name where the service tells it. */
export function useOwners(): Choice[] {
  const lines = api.useQuery("get", "/api/v1/owners", {}, { staleTime: 300_000 }).data?.data ?? [];
  return lines.map((line) => ({ value: line.owner_id, label: `${line.owner_name ?? line.owner_id} (${line.source_name})` }));
}

/** An address may name what is no longer there: it stays visible, so that it can be removed. */
export const withCurrent = (choices: readonly { value: string; label: string }[], current: string | undefined) =>
  !current || choices.some((choice) => choice.value === current) ? choices : [...choices, { value: current, label: current }];
