/** One line per client. */
import { client, type Schemas } from "../../api/client";
import { useBeside, usePart } from "../../api/lists";

export type ClientLine = Schemas["GroupLine"];

export function useClients() {
  const { compared } = usePart(["platform", "source"]);
  return useBeside<ClientLine>(["clients", compared], () => client.GET("/api/v1/clients", { params: { query: compared } }));
}
