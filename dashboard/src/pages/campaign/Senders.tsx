/** The mailboxes that a campaign is sent from, and how they are. */
import { Paper, Title } from "@mantine/core";
import { Await } from "../../states/Await";
import { type Column, DataTable } from "../../table/Table";
import { mail } from "../../words/mail";
import { Bounces, Reputation, State, stateOf } from "../deliverability/parts";
import type { Mailbox } from "../deliverability/query";
import { type Place, useMailboxes } from "./query";

const w = mail.mailboxes;

export function Senders({ place }: { place: Place }) {
  const columns: Column<Mailbox>[] = [
    { key: "from_email", title: w.mailbox, value: (line) => line.from_email ?? line.account_id },
    { key: "state", title: w.state, value: stateOf, view: (line) => <State line={line} /> },
    { key: "bounce_rate", title: w.bounces, isNumber: true, value: (line) => line.bounce_rate ?? null, view: (line) => <Bounces line={line} /> },
    { key: "warmup_reputation", title: w.reputation, isNumber: true, value: (line) => line.warmup_reputation ?? null, view: (line) => <Reputation value={line.warmup_reputation} /> },
    { key: "daily_sent_count", title: w.sentToday, isNumber: true, value: (line) => line.daily_sent_count ?? null },
    { key: "message_per_day", title: w.perDay, isNumber: true, value: (line) => line.message_per_day ?? null },
  ];
  return (
    <Await query={useMailboxes(place)} height={200}>
      {(mailboxes) => (
        <Paper component="section" aria-label={mail.campaign.mailboxes}>
          <Title order={2} mb="sm">{mail.campaign.mailboxes}</Title>
          <DataTable name="campaign-mailboxes" rows={mailboxes} columns={columns} id={(line) => `${line.source_id} ${line.account_id}`} pageSize={15} empty={{ why: w.notTold, todo: w.notToldTodo }} />
        </Paper>
      )}
    </Await>
  );
}
