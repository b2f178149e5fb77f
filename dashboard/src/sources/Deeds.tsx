/** What can be asked of a source, and what came of it. */
import { Button, Group, Loader, Stack, Table, Text } from "@mantine/core";
import { IconPlugConnected, IconRefresh } from "@tabler/icons-react";
import { Failure } from "../api/client";
import { useMayWrite } from "../api/session";
import { showCount } from "../figures/figure";
import { Await } from "../states/Await";
import { exact, since } from "../time";
import { words } from "../words";
import { mail } from "../words/mail";
import { running } from "../words/running";
import { type Asked, type Requested, useAsk, useRequests } from "./query";

const w = running.sources;

export function Deeds({ name, isArchived = false }: { name: string; isArchived?: boolean }) {
  const ask = useAsk(name);
  if (!useMayWrite() || isArchived) return null;
  const button = (asked: Asked, icon = false) => (
    <Button
      key={asked} variant={asked === "sync" ? "light" : "default"} title={w.abouts[asked]} aria-label={`${w.asks[asked]}: ${name}`}
      leftSection={icon ? asked === "sync" ? <IconRefresh size={14} /> : <IconPlugConnected size={14} /> : undefined}
      loading={ask.isPending && ask.variables === asked} onClick={() => ask.mutate(asked)}
    >
      {w.asks[asked]}
    </Button>
  );
  return (
    <Stack gap="xs" className="no-print">
      <Group gap="xs">{button("sync", true)}{button("full")}{button("test", true)}{button("replay")}</Group>
      <Refused error={ask.error} />
      <Latest name={name} />
    </Stack>
  );
}

/** Why something was not done. */
export function Refused({ error }: { error: unknown }) {
  if (!error) return null;
  return <Text size="sm" className="bad" role="alert">{error instanceof Failure ? error.detail : words.states.unreachable}</Text>;
}

/** The last thing that was asked for, while it is done and for a while after. */
function Latest({ name }: { name: string }) {
  const last = useRequests(name).data?.data[0];
  if (!last || (last.ended_at && Date.now() - Date.parse(last.ended_at) > 3_600_000)) return null;
  return (
    <Text size="sm" component="div" role="status" data-request={name}>
      <Kind request={last} /> <Came request={last} />
    </Text>
  );
}

const Kind = ({ request }: { request: Requested }) => <b>{w.kinds[request.kind as keyof typeof w.kinds] ?? request.kind}</b>;

/** An outcome as the server keeps it; what is not told is not there. */
type Came = {
  outcome?: string; reason?: string; hint?: string; error?: string | null; calls?: number; rows_changed?: number; rows_unchanged?: number; problems?: number;
  answers?: number; deliveries?: number; endpoints?: { endpoint: string; title: string; state: string; detail?: string }[];
};

function Came({ request }: { request: Requested }) {
  if (request.state === "waiting") return <span className="quiet">◔ {w.waiting} {since(request.requested_at)}. {w.waitingAbout}</span>;
  if (request.state === "running") return <span><Loader size={12} mr={6} aria-hidden="true" />{w.running}</span>;
  if (request.state !== "done") return <span className="quiet">{request.state}</span>;
  const came = (request.outcome ?? {}) as Came;
  const when = <span className="quiet"> · {since(request.ended_at)}</span>;
  if (came.error) return <span className="bad">✕ {came.error}{when}</span>;
  if (came.endpoints) {
    const answering = came.endpoints.filter(({ state }) => state === "answers").length;
    const notAsked = came.endpoints.filter(({ state }) => state === "not asked").length;
    const wrong = came.endpoints.filter(({ state }) => state !== "answers" && state !== "not asked");
    return (
      <>
        <span className={wrong.some(({ state }) => state === "refused" || state === "fails") ? "bad" : "good"}>{w.answering(showCount(answering), showCount(came.endpoints.length))}</span>
        {notAsked > 0 && w.notAsked(showCount(notAsked))}{when}
        {wrong.map((one) => <Text key={one.endpoint} size="xs" className="quiet">{one.title}: {one.state}{one.detail && `, ${one.detail}`}</Text>)}
      </>
    );
  }
  const isGood = !came.outcome || came.outcome === "done";
  const told = [
    came.calls !== undefined && w.told.calls(showCount(came.calls)), came.answers !== undefined && w.told.answers(showCount(came.answers)),
    came.deliveries !== undefined && w.told.deliveries(showCount(came.deliveries)), came.rows_changed !== undefined && w.told.changed(showCount(came.rows_changed)),
    came.rows_unchanged !== undefined && w.told.unchanged(showCount(came.rows_unchanged)), came.problems !== undefined && w.told.problems(showCount(came.problems)),
  ].filter(Boolean);
  return (
    <>
      <span className={isGood ? "good" : "warn"}>{isGood ? "✓" : "◔"} {came.outcome ?? w.done}</span>
      {told.length > 0 && <span>: {told.join(", ")}</span>}{when}
      {!isGood && came.reason && <Text size="xs" className="warn">{came.reason} {came.hint}</Text>}
    </>
  );
}

/** All that was asked for, the newest first. */
export function Requests({ name }: { name: string }) {
  return (
    <Await query={useRequests(name)} height={160}>
      {({ data }) => data.length === 0 ? <Text size="sm" className="quiet">{w.nothingAsked}</Text> : (
        <div className="scroll" tabIndex={0} role="region" aria-label={`${w.asked}: ${name}`} style={{ maxHeight: 380, overflowY: "auto" }}>
          <Table aria-label={`${w.asked}: ${name}`}>
            <Table.Thead><Table.Tr><Table.Th>{mail.replies.when}</Table.Th><Table.Th>{w.what}</Table.Th><Table.Th>{w.cameOfIt}</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>
              {data.map((request) => (
                <Table.Tr key={request.id}>
                  <Table.Td style={{ verticalAlign: "top", whiteSpace: "nowrap" }}>{exact(request.requested_at)}</Table.Td>
                  <Table.Td style={{ verticalAlign: "top" }}><Kind request={request} /></Table.Td>
                  <Table.Td><Text size="sm" component="div"><Came request={request} /></Text></Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
    </Await>
  );
}
