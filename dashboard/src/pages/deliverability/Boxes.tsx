/** Mailboxes and their domains, in bands of bounces and reputation. */
import { Button, Group, Paper, Text } from "@mantine/core";
import { useFilters } from "../../search";
import { Await } from "../../states/Await";
import { type Column, DataTable } from "../../table/Table";
import { words } from "../../words";
import { mail } from "../../words/mail";
import { type Band, bandOf } from "./bands";
import { Bounces, Failing, Reputation, State, stateOf } from "./parts";
import { type Domain, type Mailbox, useDomains, useMailboxes } from "./query";

const w = mail.mailboxes;
const plain = (value: number | null | undefined): number | null => value ?? null;
const BANDS = ["bad", "warn", "good", "unknown"] as const;

type Bounced = { sent?: number | null; bounce_rate?: number | null };
const nameOfBand = (line: Bounced): Band | "unknown" => bandOf(line.bounce_rate, line.sent) ?? "unknown";

/** How many are in which band; a band shows those in it alone. */
function Banded<Row extends Bounced>({ rows, children }: { rows: Row[]; children: (rows: Row[]) => React.ReactNode }) {
  const { search, change } = useFilters();
  const only = BANDS.find((band) => band === search.only);
  return (
    <>
      <Group gap="sm" mb="sm" role="group" aria-label={w.bandsTitle}>
        {BANDS.map((band) => {
          const count = rows.filter((row) => nameOfBand(row) === band).length;
          return (
            <Button key={band} variant={only === band ? "filled" : "default"} aria-pressed={only === band} data-band={band} onClick={() => change({ only: only === band ? undefined : band, page: undefined })}>
              <span className={only === band || band === "unknown" ? "" : band}>{w.bandSigns[band]}</span>&nbsp;{w.bandNames[band]}: {count}
            </Button>
          );
        })}
      </Group>
      <Text size="xs" className="quiet" mb="sm">{w.bandsAbout}</Text>
      {children(only ? rows.filter((row) => nameOfBand(row) === only) : rows)}
    </>
  );
}

export function Mailboxes() {
  const columns: Column<Mailbox>[] = [
    { key: "from_email", title: w.mailbox, value: (line) => line.from_email ?? line.account_id },
    { key: "client_name", title: words.filters.client, value: (line) => line.client_name ?? null },
    { key: "source_name", title: words.filters.source, value: (line) => line.source_name, isExtra: true },
    { key: "state", title: w.state, value: stateOf, view: (line) => <State line={line} /> },
    { key: "bounce_rate", title: w.bounces, isNumber: true, value: (line) => plain(line.bounce_rate), view: (line) => <Bounces line={line} /> },
    { key: "bounced", title: w.bounced, isNumber: true, value: (line) => plain(line.bounced), isExtra: true },
    { key: "sent", title: w.sent, isNumber: true, value: (line) => plain(line.sent), isExtra: true },
    { key: "warmup_reputation", title: w.reputation, isNumber: true, value: (line) => plain(line.warmup_reputation), view: (line) => <Reputation value={line.warmup_reputation} /> },
    { key: "warmup_status", title: w.warmup, value: (line) => line.warmup_status ?? null },
    { key: "daily_sent_count", title: w.sentToday, isNumber: true, value: (line) => plain(line.daily_sent_count) },
    { key: "message_per_day", title: w.perDay, isNumber: true, value: (line) => plain(line.message_per_day) },
    { key: "total_spam_count", title: w.spam, isNumber: true, value: (line) => plain(line.total_spam_count) },
    { key: "account_type", title: w.type, value: (line) => line.account_type ?? null, isExtra: true },
  ];
  return (
    <Paper className="middling">
      <Await query={useMailboxes()} height={520}>
        {(all) => (
          <Banded rows={all}>
            {(rows) => <DataTable name="mailboxes" rows={rows} columns={columns} id={(line) => `${line.source_id} ${line.account_id}`} empty={all.length ? { why: w.nothingInBand } : { why: w.none, todo: w.noneTodo }} />}
          </Banded>
        )}
      </Await>
    </Paper>
  );
}

export function Domains() {
  const columns: Column<Domain>[] = [
    { key: "domain", title: w.domain, value: (line) => line.domain ?? null },
    { key: "client_name", title: words.filters.client, value: (line) => line.client_name ?? null },
    { key: "mailboxes", title: w.mailboxes, isNumber: true, value: (line) => line.mailboxes },
    { key: "bounce_rate", title: w.bounces, isNumber: true, value: (line) => plain(line.bounce_rate), view: (line) => <Bounces line={line} /> },
    { key: "bounced", title: w.bounced, isNumber: true, value: (line) => plain(line.bounced), isExtra: true },
    { key: "sent", title: w.sent, isNumber: true, value: (line) => plain(line.sent), isExtra: true },
    { key: "smtp_failing", title: w.cannotSend, isNumber: true, value: (line) => line.smtp_failing, view: (line) => <Failing count={line.smtp_failing} /> },
    { key: "imap_failing", title: w.cannotReceive, isNumber: true, value: (line) => line.imap_failing, view: (line) => <Failing count={line.imap_failing} /> },
    { key: "warmup_reputation_lowest", title: w.lowest, isNumber: true, value: (line) => plain(line.warmup_reputation_lowest), view: (line) => <Reputation value={line.warmup_reputation_lowest} /> },
    { key: "daily_sent_count", title: w.sentToday, isNumber: true, value: (line) => plain(line.daily_sent_count) },
    { key: "message_per_day", title: w.perDay, isNumber: true, value: (line) => plain(line.message_per_day) },
    { key: "total_spam_count", title: w.spam, isNumber: true, value: (line) => plain(line.total_spam_count) },
  ];
  return (
    <Paper>
      <Await query={useDomains()} height={520}>
        {(all) => (
          <Banded rows={all}>
            {(rows) => <DataTable name="domains" rows={rows} columns={columns} sort="-mailboxes" id={(line) => `${line.domain} ${line.client_name}`} empty={all.length ? { why: w.nothingInBand } : { why: w.none, todo: w.noneTodo }} />}
          </Banded>
        )}
      </Await>
    </Paper>
  );
}
