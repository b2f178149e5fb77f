/** Clients: one row each, and the way to its one-page report. */
import { Anchor, Paper } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTitles } from "../../figures/definitions";
import { Delta } from "../../figures/Figure";
import { rateOf } from "../../figures/figure";
import { PageFrame } from "../../shell/Shell";
import { Await } from "../../states/Await";
import { countColumn, rateColumn, scaleOf } from "../../table/metrics";
import { type Column, DataTable } from "../../table/Table";
import { words } from "../../words";
import { type ClientLine, useClients } from "./query";

const w = words.clients;

export default function Clients() {
  return (
    <PageFrame title={words.nav.clients} filters={["platform", "source"]}>
      <Paper>
        <Await query={useClients()} height={320}>{({ lines, earlier }) => <ClientTable lines={lines} earlier={earlier} />}</Await>
      </Paper>
    </PageFrame>
  );
}

function ClientTable({ lines, earlier }: { lines: ClientLine[]; earlier: ClientLine[] }) {
  const title = useTitles();
  const change = (line: ClientLine, metric: string): number | null => {
    const before = earlier.find((one) => one.label === line.label);
    const [now, then] = [rateOf(line, metric).rate, before ? rateOf(before, metric).rate : null];
    return now === null || then === null ? null : now - then;
  };
  const columns: Column<ClientLine>[] = [
    {
      key: "label", title: words.filters.client, value: (line) => line.label ?? w.none,
      view: (line) => line.label
        ? <Anchor component={Link} to="/clients/$client" params={{ client: line.label } as never} size="sm">{line.label}</Anchor>
        : <span className="quiet">{w.unassigned}</span>,
    },
    { key: "campaigns", title: words.nav.campaigns, isNumber: true, value: (line) => line.campaigns },
    { key: "campaigns_active", title: w.active, isNumber: true, value: (line) => line.campaigns_active },
    countColumn("total_sent", title("total_sent")),
    rateColumn("reply_rate", title("reply_rate"), scaleOf(lines, "reply_rate")),
    {
      key: "change", title: w.change, isNumber: true, value: (line) => change(line, "reply_rate"),
      view: (line) => {
        const before = earlier.find((one) => one.label === line.label);
        return before ? <Delta now={rateOf(line, "reply_rate").rate} earlier={rateOf(before, "reply_rate").rate} isRate /> : <span className="quiet">–</span>;
      },
    },
    countColumn("positive_replies", title("positive_replies")),
    rateColumn("positive_rate", title("positive_rate")),
    rateColumn("bounce_rate", title("bounce_rate")),
    countColumn("dials", title("dials")),
    countColumn("meetings", title("meetings")),
  ];
  return <DataTable name="clients" rows={lines} columns={columns} sort="-total_sent" id={(line) => line.label ?? ""} empty={{ why: w.empty, todo: w.emptyTodo }} />;
}
