/** What can be done at a source, and what came of what was asked for. */
import { useMutation } from "@tanstack/react-query";
import { again, api, client, type Schemas } from "../api/client";

export type SourceLine = Schemas["SourceLine"];
export type Requested = Schemas["Requested"];
export type Tried = Schemas["TriedDelivery"];
export type SourceChange = Schemas["SourceChange"];

/** While something is being done, how often one looks. */
const LIVE_MS = 1_500;
const CALM_MS = 15_000;

const isOpen = ({ state }: Requested): boolean => state === "waiting" || state === "running";

export const useSources = () => api.useQuery("get", "/api/v1/sources", {}, { refetchInterval: CALM_MS });

export function useRequests(name: string) {
  return api.useQuery("get", "/api/v1/sources/{name}/requests", { params: { path: { name } } }, {
    refetchInterval: (query) => (query.state.data?.data.some(isOpen) ? LIVE_MS : CALM_MS),
  });
}

export const useDeliveries = (name: string) =>
  api.useQuery("get", "/api/v1/sources/{name}/deliveries", { params: { path: { name } } }, { refetchInterval: CALM_MS });

export const useWebhook = (name: string) =>
  api.useQuery("get", "/api/v1/sources/{name}/webhook", { params: { path: { name } } }, { staleTime: 60_000 });

export type Asked = "sync" | "full" | "test" | "replay";

export function useAsk(name: string) {
  const params = { path: { name } };
  return useMutation({
    onSuccess: again,
    mutationFn: async (asked: Asked) => {
      switch (asked) {
        case "sync": return client.POST("/api/v1/sources/{name}/sync", { params, body: {} });
        case "full": return client.POST("/api/v1/sources/{name}/sync", { params, body: { full: true } });
        case "test": return client.POST("/api/v1/sources/{name}/test", { params });
        case "replay": return client.POST("/api/v1/sources/{name}/replay", { params, body: { failed: true } });
      }
    },
  });
}

export const useChange = (name: string) =>
  useMutation({ mutationFn: (body: SourceChange) => client.PATCH("/api/v1/sources/{name}", { params: { path: { name } }, body }), onSuccess: again });

export const useArchive = (name: string) =>
  useMutation({ mutationFn: (archived: boolean) => client.POST("/api/v1/sources/{name}/archive", { params: { path: { name } }, body: { archived } }), onSuccess: again });

export const useRemove = (name: string) =>
  useMutation({ mutationFn: () => client.DELETE("/api/v1/sources/{name}", { params: { path: { name } } }), onSuccess: again });

export const useNewAddress = (name: string) =>
  useMutation({ mutationFn: () => client.POST("/api/v1/sources/{name}/webhook", { params: { path: { name } } }), onSuccess: again });

/** Tries a made-up delivery, of which nothing is kept. */
export const useTry = (name: string) =>
  useMutation({ mutationFn: async (kind: string | undefined) => (await client.POST("/api/v1/sources/{name}/webhook/test", { params: { path: { name } }, body: { ...(kind && { kind }) } })).data! });
