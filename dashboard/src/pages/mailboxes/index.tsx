/** Mailboxes & domains: which cannot send or receive, and which are losing their reputation. */
import { Paper, SegmentedControl } from "@mantine/core";
import { useFilters } from "../../search";
import { PageFrame } from "../../shell/Shell";
import { Await } from "../../states/Await";
import { type Column, DataTable } from "../../table/Table";
import { words } from "../../words";
import { Failing, Reputation, State, stateOf } from "./parts";
import { type Domain, type Mailbox, useDomains, useMailboxes } from "./query";

export default function Mailboxes() {
  const { search, change } = useFilters();
  const tab = search.tab === "domains" ? "domains" : "mailboxes";
  return (
    <PageFrame
      title={words.nav.deliverability} hasPeriod={false} filters={["client", "platform", "source"]}
      aside={
        <SegmentedControl
          size="xs" value={tab} aria-label={words.mailboxes.what} onChange={(next) => change({ tab: next === "mailboxes" ? undefined : next, sort: undefined, page: undefined, hide: undefined })}
          data={[{ value: "mailboxes", label: words.mailboxes.mailboxes }, { value: "domains", label: words.mailboxes.domains }]}
        />
      }
    >
      <Paper>{tab === "mailboxes" ? <MailboxTable /> : <DomainTable />}</Paper>
    </PageFrame>
  );
}

const w = words.mailboxes;
const plain = (value: number | null | undefined): number | null => value ?? null;

function MailboxTable() {
  const columns: Column<Mailbox>[] = [
    { key: "from_email", title: w.mailbox, value: (line) => line.from_email ?? line.account_id },
    { key: "client_name", title: words.filters.client, value: (line) => line.client_name ?? null },
    { key: "source_name", title: words.filters.source, value: (line) => line.source_name },
    { key: "state", title: w.state, value: stateOf, view: (line) => <State line={line} /> },
    { key: "warmup_reputation", title: w.reputation, isNumber: true, value: (line) => plain(line.warmup_reputation), view: (line) => <Reputation value={line.warmup_reputation} /> },
    { key: "warmup_status", title: w.warmup, value: (line) => line.warmup_status ?? null },
    { key: "daily_sent_count", title: w.sentToday, isNumber: true, value: (line) => plain(line.daily_sent_count) },
    { key: "message_per_day", title: w.perDay, isNumber: true, value: (line) => plain(line.message_per_day) },
    { key: "total_spam_count", title: w.spam, isNumber: true, value: (line) => plain(line.total_spam_count) },
    { key: "account_type", title: w.type, value: (line) => line.account_type ?? null, isExtra: true },
  ];
  return (
    <Await query={useMailboxes()} height={520}>
      {(rows) => <DataTable name="mailboxes" rows={rows} columns={columns} id={(line) => `${line.source_id} ${line.account_id}`} empty={{ why: w.none, todo: w.noneTodo }} />}
    </Await>
  );
}

function DomainTable() {
  const columns: Column<Domain>[] = [
    { key: "domain", title: w.domain, value: (line) => line.domain ?? null },
    { key: "client_name", title: words.filters.client, value: (line) => line.client_name ?? null },
    { key: "mailboxes", title: w.mailboxes, isNumber: true, value: (line) => line.mailboxes },
    { key: "smtp_failing", title: w.cannotSend, isNumber: true, value: (line) => line.smtp_failing, view: (line) => <Failing count={line.smtp_failing} /> },
    { key: "imap_failing", title: w.cannotReceive, isNumber: true, value: (line) => line.imap_failing, view: (line) => <Failing count={line.imap_failing} /> },
    { key: "warmup_reputation_lowest", title: w.lowest, isNumber: true, value: (line) => plain(line.warmup_reputation_lowest), view: (line) => <Reputation value={line.warmup_reputation_lowest} /> },
    { key: "daily_sent_count", title: w.sentToday, isNumber: true, value: (line) => plain(line.daily_sent_count) },
    { key: "message_per_day", title: w.perDay, isNumber: true, value: (line) => plain(line.message_per_day) },
    { key: "total_spam_count", title: w.spam, isNumber: true, value: (line) => plain(line.total_spam_count) },
  ];
  return (
    <Await query={useDomains()} height={520}>
      {(rows) => <DataTable name="domains" rows={rows} columns={columns} sort="-mailboxes" id={(line) => `${line.domain} ${line.client_name}`} empty={{ why: w.none, todo: w.noneTodo }} />}
    </Await>
  );
}
