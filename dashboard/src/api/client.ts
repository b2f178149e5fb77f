/** The API, typed from its own document; what fails says why, and by which id the log finds it. */
import { QueryClient } from "@tanstack/react-query";
import createClient, { type Middleware } from "openapi-fetch";
import createHooks from "openapi-react-query";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

/** An answer that is none. */
export class Failure extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly requestId: string | undefined,
  ) {
    super(detail);
  }

  static async of(response: Response): Promise<Failure> {
    const problem: unknown = await response.json().catch(() => undefined);
    const said = (name: string) => {
      const value = problem && typeof problem === "object" ? (problem as Record<string, unknown>)[name] : undefined;
      return typeof value === "string" ? value : undefined;
    };
    const detail = [said("detail") ?? response.statusText, said("hint")].filter(Boolean).join(". ");
    return new Failure(
      response.status,
      said("title") ?? String(response.status),
      detail,
      said("request_id") ?? response.headers.get("x-request-id") ?? undefined,
    );
  }
}

/** A share link's token stands behind the # of its address, where no log sees it, and opens what that link may see. */
const shareToken = (): string | undefined => (location.pathname === "/share" && location.hash.slice(1)) || undefined;

const manners: Middleware = {
  onRequest({ request }) {
    const token = shareToken();
    if (token) request.headers.set("Authorization", `Bearer ${token}`);
    request.headers.set("X-Atlas-Request", "1");
    return request;
  },
  async onResponse({ response }) {
    if (!response.ok) throw await Failure.of(response);
  },
};

/** Lists can also be had as CSV and Parquet; pages read JSON. */
export const client = createClient<paths, "application/json">({ baseUrl: "" });
client.use(manners);

export const api = createHooks(client);

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      refetchOnWindowFocus: true,
      // What is asked wrongly is not asked again.
      retry: (count, error) => count < 2 && !(error instanceof Failure && error.status < 500),
    },
  },
});

/** What follows from a change is read again. */
export const again = () => queries.invalidateQueries();
