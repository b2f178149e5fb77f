/** One line per client, what each is promised, and whose campaigns are whose. */
import { useMutation, useQueries } from "@tanstack/react-query";
import { again, api, client, type Schemas } from "../../api/client";
import { EVERY, useBeside, usePart } from "../../api/lists";
import { targetsOf } from "../client/query";

export type ClientLine = Schemas["GroupLine"];
export type NewRule = Schemas["NewClientRule"];

export function useClients() {
  const { compared } = usePart(EVERY);
  return useBeside<ClientLine>(["clients", compared], () => client.GET("/api/v1/clients", { params: { query: compared } }));
}

/** By client. */
export function useAllTargets(names: string[]): Map<string, Record<string, number>> {
  return useQueries({
    queries: names.map((name) => ({ ...targetsOf(name), staleTime: 60_000 })),
    combine: (results) => new Map(results.flatMap(({ data }, index) => (data ? [[names[index]!, data] as const] : []))),
  });
}

export const useClientNames = () => api.useQuery("get", "/api/v1/client-names", {});
export const useRules = () => api.useQuery("get", "/api/v1/client-rules", {});

export const useAddClient = () => useMutation({ mutationFn: (name: string) => client.POST("/api/v1/client-names", { body: { name } }), onSuccess: again });
export const useAddRule = () => useMutation({ mutationFn: (body: NewRule) => client.POST("/api/v1/client-rules", { body }), onSuccess: again });
export const useRemoveRule = () => useMutation({ mutationFn: (id: number) => client.DELETE("/api/v1/client-rules/{id}", { params: { path: { id } } }), onSuccess: again });

type Place = { source: string; id: string };

export const useReason = ({ source, id }: Place) =>
  api.useQuery("get", "/api/v1/campaigns/{source}/{id}/client", { params: { path: { source, id } } });

export const useAssign = () =>
  useMutation({
    mutationFn: ({ source, id, client: name }: Place & { client: string | null }) => client.PUT("/api/v1/campaigns/{source}/{id}/client", { params: { path: { source, id } }, body: { client: name } }),
    onSuccess: again,
  });
