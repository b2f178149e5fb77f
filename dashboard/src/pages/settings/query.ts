/** What the settings ask for and change: access, sources, thresholds, words, whom alerts are told to. */
import { useMutation } from "@tanstack/react-query";
import { again, api, client, type Schemas } from "../../api/client";

export type User = Schemas["User"];
export type Token = Schemas["Token"];
export type NewUser = Schemas["UserToAdd"];
export type NewToken = Schemas["TokenToAdd"];
export type NewShare = Schemas["ShareLinkToAdd"];

export const useUsers = () => api.useQuery("get", "/api/v1/users", {});
export const useTokens = () => api.useQuery("get", "/api/v1/tokens", {});
export const useShareLinks = () => api.useQuery("get", "/api/v1/share-links", {});
export const useDeeds = () => api.useQuery("get", "/api/v1/audit-log", { params: { query: { limit: 200 } } });

export type NewSource = Schemas["SourceToAdd"];

export const useAddUser = () => useMutation({ mutationFn: (body: NewUser) => client.POST("/api/v1/users", { body }), onSuccess: again });
export const useRemoveUser = () => useMutation({ mutationFn: (email: string) => client.DELETE("/api/v1/users/{email}", { params: { path: { email } } }), onSuccess: again });
export const useAddToken = () => useMutation({ mutationFn: async (body: NewToken) => (await client.POST("/api/v1/tokens", { body })).data!, onSuccess: again });
export const useRevokeToken = () => useMutation({ mutationFn: (id: number) => client.DELETE("/api/v1/tokens/{id}", { params: { path: { id } } }), onSuccess: again });
export const useAddShare = () => useMutation({ mutationFn: async (body: NewShare) => (await client.POST("/api/v1/share-links", { body })).data!, onSuccess: again });
export const useRevokeShare = () => useMutation({ mutationFn: (id: number) => client.DELETE("/api/v1/share-links/{id}", { params: { path: { id } } }), onSuccess: again });
export const useAddSource = () => useMutation({ mutationFn: (body: NewSource) => client.POST("/api/v1/sources", { body }), onSuccess: again });

export const useThresholds = () => api.useQuery("get", "/api/v1/thresholds", {});
export const useSetThresholds = () =>
  useMutation({ mutationFn: (thresholds: Record<string, number | null>) => client.PATCH("/api/v1/thresholds", { body: { thresholds } }), onSuccess: again });

export const useLabels = (name: string) => api.useQuery("get", "/api/v1/sources/{name}/labels", { params: { path: { name } } });
export const useSetLabels = (name: string) =>
  useMutation({ mutationFn: (labels: Record<string, string | null>) => client.PATCH("/api/v1/sources/{name}/labels", { params: { path: { name } }, body: { labels } }), onSuccess: again });

export type Target = Schemas["TargetLine"];
export type NewTarget = Schemas["TargetToAdd"];

export const useTargets = () => api.useQuery("get", "/api/v1/notice-targets", {});
export const useAddTarget = () => useMutation({ mutationFn: async (body: NewTarget) => (await client.POST("/api/v1/notice-targets", { body })).data!, onSuccess: again });
export const useRemoveTarget = () => useMutation({ mutationFn: (id: number) => client.DELETE("/api/v1/notice-targets/{id}", { params: { path: { id } } }), onSuccess: again });
/** Tells them something made up, of which nothing is kept. */
export const useTryTarget = (id: number) => useMutation({ mutationFn: async () => (await client.POST("/api/v1/notice-targets/{id}/test", { params: { path: { id } } })).data! });
