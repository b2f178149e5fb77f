/** Calls: how many, whom they reached, what came of them, and when. */
import { Group, Paper, SegmentedControl, SimpleGrid, Stack, Title } from "@mantine/core";
import { useCallback } from "react";
import { EVERY } from "../../api/lists";
import { Bars } from "../../charts/Bars";
import { Chart } from "../../charts/Chart";
import { HeatMap } from "../../charts/HeatMap";
import { overDays } from "../../charts/options";
import { useTitles } from "../../figures/definitions";
import { Kpi } from "../../figures/Figure";
import { countOf, type Line, rateOf, showSeconds, UNKNOWN } from "../../figures/figure";
import { useFilters } from "../../search";
import { PageFrame } from "../../shell/Shell";
import { Await, Empty } from "../../states/Await";
import { countColumn, rateColumn, scaleOf } from "../../table/metrics";
import { type Column, DataTable } from "../../table/Table";
import { exact } from "../../time";
import { words } from "../../words";
import { type CallPart, type Session, useCallHours, useCalls, useSessions } from "./query";

export default function Calls() {
  const total = useCalls("total");
  return (
    <PageFrame title={words.nav.calls} filters={EVERY}>
      <Await query={total} height={{ base: 456, sm: 222, xl: 107 }}>
        {({ lines: [current], earlier: [before] }) =>
          current && current.all > 0 ? (
            <SimpleGrid cols={{ base: 2, sm: 4, xl: 7 }} spacing="sm">
              <Kpi metric="dials" line={current} earlier={before} isNeutral />
              <Kpi metric="connects" line={current} earlier={before} />
              <Kpi metric="connect_rate" line={current} earlier={before} kind="rate" />
              <Kpi metric="conversations" line={current} earlier={before} />
              <Kpi metric="conversation_rate" line={current} earlier={before} kind="rate" />
              <Kpi metric="talk_seconds" line={current} earlier={before} kind="seconds" />
              <Kpi metric="meetings" line={current} earlier={before} />
            </SimpleGrid>
          ) : (
            <Paper><Empty why={words.calls.none} todo={words.calls.noneTodo} /></Paper>
          )
        }
      </Await>
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
        <Stack gap="md"><Hours /><Heat /></Stack>
        <Dispositions />
      </SimpleGrid>
      <Callers />
    </PageFrame>
  );
}

function Hours() {
  const query = useCalls("hour");
  return <Await query={query} height={320}>{({ lines }) => <HoursChart lines={lines} />}</Await>;
}

/** Fewer calls than these make no rate. */
const ENOUGH_CALLS = 20;

/** All hours of the day, called in or not; calls of unknown hour are not among them. */
const HOURS = [...Array(24).keys()].map((hour) => String(hour).padStart(2, "0"));

function HoursChart({ lines }: { lines: CallPart[] }) {
  const title = useTitles();
  const dials = title("dials");
  const rate = title("connect_rate");
  const option = useCallback(
    (palette: Parameters<typeof overDays>[2]) =>
      overDays(
        HOURS,
        [
          { name: dials, values: HOURS.map((hour) => lines.find((line) => line.label === hour)?.dials ?? null), isBar: true },
          {
            name: rate, isRate: true,
            values: HOURS.map((hour) => {
              const share = rateOf(lines.find((line) => line.label === hour) ?? {}, "connect_rate");
              return (share.below ?? 0) >= ENOUGH_CALLS ? share.rate : null;
            }),
          },
        ],
        palette,
        3,
      ),
    [lines, dials, rate],
  );
  if (lines.length === 0) return <Paper h="100%"><Empty why={words.calls.none} /></Paper>;
  return (
    <Chart
      title={words.calls.hours} about={words.calls.hoursAbout} note={words.calls.hoursNote} option={option}
      table={{
        head: [words.calls.hour, dials, title("connects"), rate],
        rows: lines.map((line) => [line.label ?? UNKNOWN, countOf(line, "dials").value, countOf(line, "connects").value, rateOf(line, "connect_rate").rate]),
        rates: [3],
      }}
    />
  );
}

function Heat() {
  const title = useTitles();
  return (
    <Await query={useCallHours()} height={300}>
      {(cells) => cells.length === 0 ? null : <HeatMap title={words.calls.when} name={title("connects")} cells={cells.map((cell) => ({ ...cell, value: cell.connects ?? null }))} />}
    </Await>
  );
}

function Dispositions() {
  const query = useCalls("disposition");
  const title = useTitles();
  return (
    <Await query={query} height={320}>
      {({ lines }) => (
        <Bars
          title={words.calls.dispositions} of={words.calls.disposition} counted={title("dials")}
          bars={lines.map((line) => ({ key: line.label ?? UNKNOWN, title: line.label?.replaceAll("_", " ") ?? words.calls.unknown, value: countOf(line, "dials").value }))}
        />
      )}
    </Await>
  );
}

function Callers() {
  const { search, change } = useFilters();
  const tab = search.tab === "sessions" ? "sessions" : "callers";
  return (
    <Paper component="section" aria-label={words.calls[tab]}>
      <Group justify="space-between" mb="sm">
        <Title order={2}>{words.calls[tab]}</Title>
        <SegmentedControl
          size="xs" value={tab} aria-label={words.calls.by} data={[{ value: "callers", label: words.calls.byCaller }, { value: "sessions", label: words.calls.sessions }]}
          onChange={(next) => change({ tab: next === "callers" ? undefined : next, sort: undefined, page: undefined, hide: undefined, q: undefined })}
        />
      </Group>
      {tab === "sessions" ? <Sessions /> : <ByCaller />}
    </Paper>
  );
}

function ByCaller() {
  const query = useCalls("caller");
  const title = useTitles();
  return (
    <Await query={query} height={280}>
      {({ lines }) => {
        const columns: Column<CallPart>[] = [{ key: "label", title: words.calls.caller, value: (line) => line.label ?? words.calls.unknown }, ...figureColumns<CallPart>(lines, title)];
        return <DataTable name="callers" rows={lines} columns={columns} sort="-dials" id={(line) => line.label ?? ""} empty={{ why: words.calls.none, todo: words.calls.noneTodo }} />;
      }}
    </Await>
  );
}

function Sessions() {
  const title = useTitles();
  return (
    <Await query={useSessions()} height={280}>
      {(lines) => {
        const columns: Column<Session>[] = [
          { key: "started_at", title: words.calls.began, value: (line) => line.started_at ?? null, view: (line) => <span style={{ whiteSpace: "nowrap" }}>{exact(line.started_at)}</span> },
          { key: "took", title: words.calls.took, isNumber: true, value: tookOf, view: (line) => (line.ended_at ? showSeconds(tookOf(line)) : <span className="quiet">{words.calls.goesOn}</span>) },
          { key: "caller_name", title: words.calls.caller, value: (line) => line.caller_name ?? words.calls.unknown },
          { key: "client_name", title: words.filters.client, value: (line) => line.client_name ?? null },
          { key: "source_name", title: words.filters.source, value: (line) => line.source_name, isExtra: true },
          { key: "session_id", title: words.calls.session, value: (line) => line.session_id, isExtra: true },
          ...figureColumns<Session>(lines, title),
        ];
        return <DataTable name="sessions" rows={lines} columns={columns} sort="-started_at" id={(line) => `${line.source_id} ${line.session_id} ${line.caller_name}`} empty={{ why: words.calls.noSessions, todo: words.calls.noneTodo }} pageSize={25} />;
      }}
    </Await>
  );
}

const tookOf = ({ started_at, ended_at }: Session): number | null => (started_at && ended_at ? (Date.parse(ended_at) - Date.parse(started_at)) / 1000 : null);

/** What is told of whoever calls, and of each sitting. */
const figureColumns = <Row extends Line>(lines: Row[], title: (metric: string) => string): Column<Row>[] => [
  countColumn("dials", title("dials")),
  countColumn("connects", title("connects")),
  rateColumn("connect_rate", title("connect_rate"), scaleOf(lines, "connect_rate")),
  countColumn("conversations", title("conversations")),
  rateColumn("conversation_rate", title("conversation_rate"), scaleOf(lines, "conversation_rate")),
  countColumn("talk_seconds", title("talk_seconds"), { isSeconds: true }),
  countColumn("meetings", title("meetings")),
];
