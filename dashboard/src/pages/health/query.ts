/** How each source stands: its runs, what is pending, what could not be understood, what was posted. */
import { useQuery } from "@tanstack/react-query";
import { EVERY, usePart } from "../../api/lists";
import { api, client, type Schemas } from "../../api/client";

export type SourceLine = Schemas["SourceLine"];
export type SourceState = Schemas["SourceState"];
export type Run = Schemas["Run"];
export type Problem = Schemas["StoredProblem"];

/** While a sync runs, its page is told more often than the service is asked. */
const LIVE_MS = 2_000;
const CALM_MS = 15_000;

const isRunning = (state: SourceState | undefined): boolean => state?.last_run?.outcome === "running";

export function useSource(name: string) {
  return useQuery({
    queryKey: ["source", name],
    queryFn: async () => (await client.GET("/api/v1/sources/{name}", { params: { path: { name } } })).data!,
    refetchInterval: (query) => (isRunning(query.state.data) ? LIVE_MS : CALM_MS),
  });
}

export function useProgress(name: string, isLive: boolean) {
  return api.useQuery("get", "/api/v1/sources/{name}/progress", { params: { path: { name } } }, { refetchInterval: isLive ? LIVE_MS : CALM_MS });
}

export const useRuns = (name: string) => api.useQuery("get", "/api/v1/sources/{name}/runs", { params: { path: { name } } }, { refetchInterval: CALM_MS });

export const useProblems = (name: string) =>
  api.useQuery("get", "/api/v1/sources/{name}/problems", { params: { path: { name }, query: { limit: 1000 } } }, { refetchInterval: CALM_MS * 4 });

export const useQuota = (name: string) => api.useQuery("get", "/api/v1/sources/{name}/quota", { params: { path: { name } } }, { refetchInterval: CALM_MS });

export type Difference = Schemas["ReconciliationLine"];

export function useReconciliation() {
  const { part } = usePart(EVERY, false);
  return api.useQuery("get", "/api/v1/reconciliation", { params: { query: part } }, { staleTime: 60_000 });
}
