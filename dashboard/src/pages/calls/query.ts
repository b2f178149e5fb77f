/** Calls taken together, and the same before. */
import { client, type Schemas } from "../../api/client";
import { EVERY, useBeside, usePart, useWhole } from "../../api/lists";

export type CallPart = Schemas["Part"];
export type Session = Schemas["SessionLine"];

export function useCalls(group_by: "total" | "hour" | "disposition" | "caller") {
  const { compared } = usePart(EVERY);
  return useBeside<CallPart>(["calls", group_by, compared], () => client.GET("/api/v1/calls", { params: { query: { ...compared, group_by } } }));
}

export function useCallHours() {
  const { part } = usePart(EVERY);
  return useWhole<Schemas["CallHourCell"]>(["call hours", part], () => client.GET("/api/v1/calls/heatmap", { params: { query: part } }));
}

export function useSessions() {
  const { part } = usePart(EVERY);
  return useWhole<Session>(["call sessions", part], (cursor) => client.GET("/api/v1/calls/sessions", { params: { query: { ...part, limit: 1000, ...cursor } } }));
}
