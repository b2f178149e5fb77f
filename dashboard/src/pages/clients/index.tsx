/** Clients: one row each, and the way to its one-page report. */
import { Anchor, Paper, SegmentedControl } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { EVERY } from "../../api/lists";
import { useTargetTitles, useTitles } from "../../figures/definitions";
import { Delta } from "../../figures/Figure";
import { rateOf, showCount, showRate } from "../../figures/figure";
import { lengthOf } from "../../period";
import { useFilters } from "../../search";
import { PageFrame } from "../../shell/Shell";
import { Await } from "../../states/Await";
import { countColumn, rateColumn, scaleOf } from "../../table/metrics";
import { type Column, DataTable } from "../../table/Table";
import { words } from "../../words";
import { type ClientLine, useAllTargets, useClients } from "./query";
import { type Stand, standOf } from "./standing";
import { Whose } from "./Whose";

const w = words.clients;

export default function Clients() {
  const { search, change } = useFilters();
  const tab = search.tab === "whose" ? "whose" : "clients";
  return (
    <PageFrame
      title={words.nav.clients} hasPeriod={tab === "clients"} {...(tab === "clients" && { filters: EVERY })}
      aside={
        <SegmentedControl
          size="xs" value={tab} aria-label={w.what} onChange={(next) => change({ tab: next === "whose" ? next : undefined, sort: undefined, page: undefined, hide: undefined, q: undefined })}
          data={[{ value: "clients", label: words.nav.clients }, { value: "whose", label: words.whose.title }]}
        />
      }
    >
      {tab === "whose" ? <Whose /> : <Lines />}
    </PageFrame>
  );
}

function Lines() {
  return (
    <Paper className="middling">
      <Await query={useClients()} height={320}>{({ lines, earlier }) => <ClientTable lines={lines} earlier={earlier} />}</Await>
    </Paper>
  );
}

function ClientTable({ lines, earlier }: { lines: ClientLine[]; earlier: ClientLine[] }) {
  const [title, targetTitle] = [useTitles(), useTargetTitles()];
  const change = (line: ClientLine, metric: string): number | null => {
    const before = earlier.find((one) => one.label === line.label);
    const [now, then] = [rateOf(line, metric).rate, before ? rateOf(before, metric).rate : null];
    return now === null || then === null ? null : now - then;
  };
  const { days } = useFilters();
  const targets = useAllTargets(useMemo(() => lines.flatMap((line) => (line.label ? [line.label] : [])), [lines]));
  const stands = (line: ClientLine): Stand[] =>
    days ? Object.entries(targets.get(line.label ?? "") ?? {}).map(([metric, target]) => standOf(line, metric, target, lengthOf(days))) : [];
  const place = (line: ClientLine) => (line.label ? { client: line.label } : undefined);
  const columns: Column<ClientLine>[] = [
    {
      key: "label", title: words.filters.client, value: (line) => line.label ?? w.none,
      view: (line) => line.label
        ? <Anchor component={Link} to="/clients/$client" params={{ client: line.label } as never} size="sm">{line.label}</Anchor>
        : <span className="quiet">{w.unassigned}</span>,
    },
    { key: "campaigns", title: words.nav.campaigns, isNumber: true, value: (line) => line.campaigns },
    { key: "campaigns_active", title: w.active, isNumber: true, value: (line) => line.campaigns_active },
    { key: "targets", title: words.week.tabs.targets, value: (line) => (stands(line).length ? told(stands(line), targetTitle) : null), view: (line) => <Targets line={line} stands={stands(line)} hasPeriod={Boolean(days)} /> },
    countColumn("total_sent", title("total_sent"), { place }),
    rateColumn("reply_rate", title("reply_rate"), scaleOf(lines, "reply_rate"), { place }),
    {
      key: "change", title: w.change, isNumber: true, value: (line) => change(line, "reply_rate"),
      view: (line) => {
        const before = earlier.find((one) => one.label === line.label);
        return before ? <Delta now={rateOf(line, "reply_rate").rate} earlier={rateOf(before, "reply_rate").rate} isRate /> : <span className="quiet">–</span>;
      },
    },
    countColumn("positive_replies", title("positive_replies"), { place }),
    rateColumn("positive_rate", title("positive_rate"), undefined, { place }),
    rateColumn("bounce_rate", title("bounce_rate"), undefined, { place }),
    countColumn("dials", title("dials"), { place }),
    countColumn("meetings", title("meetings"), { place }),
  ];
  return <DataTable name="clients" rows={lines} columns={columns} sort="-total_sent" id={(line) => line.label ?? ""} empty={{ why: w.empty, todo: w.emptyTodo }} />;
}

const amount = ({ metric }: Stand, value: number | null) => (metric.endsWith("_rate") ? showRate(value) : showCount(value));

/** Each target in words. */
const told = (stands: Stand[], title: (metric: string) => string): string =>
  stands.map((stand) => w.targetLine(title(stand.metric), amount(stand, stand.value), amount(stand, stand.wanted), words.week.standings[stand.standing])).join("; ");

/** How many are met, each in the tooltip; the way to set them where there are none. */
function Targets({ line, stands, hasPeriod }: { line: ClientLine; stands: Stand[]; hasPeriod: boolean }) {
  const title = useTargetTitles();
  if (!line.label) return <span className="quiet">–</span>;
  const link = (text: string) => <Anchor component={Link} to="/clients/$client" params={{ client: line.label } as never} search={{ tab: "targets" } as never} size="sm" c="inherit">{text}</Anchor>;
  if (stands.length === 0) return <span className="quiet">{link(hasPeriod ? w.setTargets : w.choosePeriod)}</span>;
  const behind = stands.filter(({ standing }) => standing === "behind").length;
  const met = stands.filter(({ standing }) => standing === "ahead" || standing === "on_target").length;
  return <span className={behind ? "bad" : met === stands.length ? "good" : ""} title={told(stands, title)}>{link(`${behind ? "▼" : met === stands.length ? "✓" : "…"} ${w.met(met, stands.length)}`)}</span>;
}
