/** Who is here, and how they come and go. */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { words } from "../words";
import { client, Failure } from "./client";

/** Asked before any page is shown; without anybody the sign-in page is. */
export const whoIsHere = queryOptions({
  queryKey: ["me"],
  queryFn: async () => {
    const { data } = await client.GET("/api/v1/session", {});
    // Nobody is an answer, which no browser complains about; the pages need somebody.
    if (!data) throw new Failure(401, words.signIn.nobody, words.signIn.nobodyAbout, undefined);
    return data;
  },
  staleTime: 60_000,
});

export const leave = () => client.DELETE("/api/v1/session", {});

/** Whether they see all clients, and with them sources, their health and settings. */
export const useIsInsider = (): boolean => {
  const me = useQuery(whoIsHere).data;
  return me !== undefined && !me.client;
};

const useLevel = () => useQuery(whoIsHere).data?.level;

/** Whether they may change what the data is about. */
export const useMayWrite = (): boolean => {
  const level = useLevel();
  return level === "write" || level === "admin";
};

/** Whether they may see what opens doors. */
export const useIsAdmin = (): boolean => useLevel() === "admin";

/** The server's own page, which leads back to here. */
export const toSignIn = (): void => location.assign(`/sign-in?to=${encodeURIComponent(location.pathname + location.search)}`);
