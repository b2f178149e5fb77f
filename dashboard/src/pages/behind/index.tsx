/** What a figure counts, one by one: the e-mails, calls or people behind it. */
import { Button, Group, Paper, Text } from "@mantine/core";
import { EVERY } from "../../api/lists";
import { BEHIND, type Calls, type Messages, type People } from "../../figures/Behind";
import { useTitles } from "../../figures/definitions";
import { showSeconds, UNKNOWN } from "../../figures/figure";
import { useFilters } from "../../search";
import { PageFrame } from "../../shell/Shell";
import { Await, Empty, type Waiting } from "../../states/Await";
import { type Column, DataTable } from "../../table/Table";
import { exact } from "../../time";
import { words } from "../../words";
import { mail } from "../../words/mail";
import { CampaignName } from "../campaigns/parts";
import { type Call, type Message, type Person, useCallList, useMessages, usePeople } from "./query";

const w = mail.behind;

export default function BehindPage() {
  const { search } = useFilters();
  const title = useTitles();
  const list = BEHIND[search.id ?? ""];
  if (!list || list.of === "replies") return <PageFrame title={w.of} hasPeriod={false}><Empty why={w.noList} /></PageFrame>;
  return (
    <PageFrame title={w.title(title(search.id!))} filters={EVERY}>
      <Text className="quiet" size="sm" maw={820}>{w.about[list.of]}</Text>
      <Paper className="middling">
        {list.of === "messages" && <EMails kind={list.kind} />}
        {list.of === "calls" && <CallTable kind={list.kind} />}
        {list.of === "people" && <PeopleTable stage={list.kind} />}
      </Paper>
    </PageFrame>
  );
}

type Listed<Row> = Waiting<{ pages: Row[][] }> & { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };

function List<Row>({ query, name, columns, id }: { query: Listed<Row>; name: string; columns: Column<Row>[]; id: (row: Row) => string }) {
  return (
    <Await query={{ ...query, data: query.data?.pages.flat() }} height={520}>
      {(rows) => (
        <>
          <DataTable name={name} rows={rows} columns={columns} id={id} empty={{ why: w.none, todo: w.noneTodo }} />
          {query.hasNextPage && <Group justify="center" pt="sm"><Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{w.more}</Button></Group>}
        </>
      )}
    </Await>
  );
}

const when = (instant: string | null | undefined) => <span style={{ whiteSpace: "nowrap" }}>{instant ? exact(instant) : UNKNOWN}</span>;

function EMails({ kind }: { kind: Messages }) {
  const columns: Column<Message>[] = [
    { key: "lead", title: w.who, value: (line) => line.lead_name ?? line.lead_email ?? null },
    { key: "lead_email", title: w.email, value: (line) => line.lead_email ?? null, isExtra: true },
    { key: "occurred_at", title: mail.replies.when, value: (line) => line.occurred_at, view: (line) => when(line.occurred_at) },
    { key: "campaign_name", title: words.filters.campaign, value: (line) => line.campaign_name ?? line.campaign_id, view: (line) => <CampaignName line={line} /> },
    { key: "client_name", title: words.filters.client, value: (line) => line.client_name ?? null },
    { key: "source_name", title: words.filters.source, value: (line) => line.source_name, isExtra: true },
    { key: "from_email", title: mail.mailboxes.mailbox, value: (line) => line.from_email ?? null },
    { key: "step_number", title: mail.campaign.step, isNumber: true, value: (line) => line.step_number ?? null },
    { key: "subject", title: mail.campaign.subject, value: (line) => line.subject ?? null },
    { key: "bounce_reason", title: w.reason, value: (line) => line.bounce_reason ?? null, isExtra: kind !== "bounced" },
  ];
  return <List query={useMessages(kind)} name={`messages-${kind}`} columns={columns} id={(line) => `${line.source_id} ${line.campaign_id} ${line.event_key}`} />;
}

function CallTable({ kind }: { kind: Calls }) {
  const columns: Column<Call>[] = [
    { key: "contact_name", title: w.who, value: (line) => line.contact_name ?? line.contact_email ?? null },
    { key: "contact_email", title: w.email, value: (line) => line.contact_email ?? null, isExtra: true },
    { key: "started_at", title: mail.replies.when, value: (line) => line.started_at ?? null, view: (line) => when(line.started_at) },
    { key: "caller_name", title: words.calls.caller, value: (line) => line.caller_name ?? null },
    { key: "duration_seconds", title: w.lasted, isNumber: true, value: (line) => line.duration_seconds ?? null, view: (line) => showSeconds(line.duration_seconds ?? null) },
    { key: "disposition_normal", title: words.calls.disposition, value: (line) => line.disposition_normal?.replaceAll("_", " ") ?? null },
    { key: "client_name", title: words.filters.client, value: (line) => line.client_name ?? null },
    { key: "source_name", title: words.filters.source, value: (line) => line.source_name, isExtra: true },
    { key: "session_id", title: words.calls.session, value: (line) => line.session_id ?? null, isExtra: true },
  ];
  return <List query={useCallList(kind)} name={`calls-${kind}`} columns={columns} id={(line) => `${line.source_id} ${line.origin} ${line.call_id}`} />;
}

const STAGES = ["emailed", "replied", "called", "connected", "meeting"] as const;

function PeopleTable({ stage }: { stage: People }) {
  const title = useTitles();
  const columns: Column<Person>[] = [
    { key: "name", title: w.who, value: (line) => line.name ?? line.email ?? line.person },
    { key: "email", title: w.email, value: (line) => line.email ?? null },
    { key: "client_name", title: words.filters.client, value: (line) => line.client_name ?? null },
    { key: "campaigns", title: words.nav.campaigns, isNumber: true, value: (line) => line.campaigns },
    { key: "enrolled_at", title: words.journey.enrolled, value: (line) => line.enrolled_at ?? null, view: (line) => when(line.enrolled_at) },
    ...STAGES.map((name): Column<Person> => ({
      key: name, title: title(name), value: (line) => said(line[name]),
      view: (line) => <span className={line[name] ? "good" : "quiet"} {...(line[name] == null && { title: words.states.unknown })}>{line[name] == null ? UNKNOWN : line[name] ? `✓ ${w.yes}` : w.no}</span>,
    })),
  ];
  return <List query={usePeople(stage)} name={`people-${stage}`} columns={columns} id={(line) => `${line.client_name} ${line.person}`} />;
}

const said = (flag: number | null | undefined): string | null => (flag == null ? null : flag ? w.yes : w.no);
