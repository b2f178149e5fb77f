/** Calls: how many, whom they reached, what came of them, and when. */
import { Paper, SimpleGrid, Stack, Title } from "@mantine/core";
import { useCallback } from "react";
import { EVERY } from "../../api/lists";
import { Chart } from "../../charts/Chart";
import { HeatMap } from "../../charts/HeatMap";
import { overDays } from "../../charts/options";
import { useTitles } from "../../figures/definitions";
import { Kpi } from "../../figures/Figure";
import { countOf, rateOf, showCount, UNKNOWN } from "../../figures/figure";
import { PageFrame } from "../../shell/Shell";
import { Await, Empty } from "../../states/Await";
import { countColumn, rateColumn, scaleOf } from "../../table/metrics";
import { type Column, DataTable } from "../../table/Table";
import { words } from "../../words";
import { type CallPart, useCallHours, useCalls } from "./query";

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
    <Paper component="section" aria-label={words.calls.dispositions} style={{ minWidth: 0 }}>
      <Title order={2} mb="sm">{words.calls.dispositions}</Title>
      <Await query={query} height={280}>
        {({ lines }) => {
          const top = Math.max(1, ...lines.map((line) => countOf(line, "dials").value ?? 0));
          return (
            <Stack gap={8} component="ul" style={{ listStyle: "none", margin: 0, padding: 0 }}>
              {lines.map((line) => {
                const dials = countOf(line, "dials").value;
                return (
                  <li key={line.label ?? "–"} title={title("dials")}>
                    <div style={{ display: "flex", justifyContent: "space-between", fontSize: 13 }}>
                      <span>{line.label?.replaceAll("_", " ") ?? words.calls.unknown}</span>
                      <span>{showCount(dials)}</span>
                    </div>
                    <div aria-hidden="true" style={{ background: "var(--atlas-ground)", borderRadius: 4, height: 8 }}>
                      <div style={{ width: `${((dials ?? 0) / top) * 100}%`, height: "100%", borderRadius: 4, background: "var(--atlas-mark)" }} />
                    </div>
                  </li>
                );
              })}
            </Stack>
          );
        }}
      </Await>
    </Paper>
  );
}

function Callers() {
  const query = useCalls("caller");
  const title = useTitles();
  return (
    <Paper component="section" aria-label={words.calls.callers}>
      <Title order={2} mb="sm">{words.calls.callers}</Title>
      <Await query={query} height={280}>
        {({ lines }) => {
          const columns: Column<CallPart>[] = [
            { key: "label", title: words.calls.caller, value: (line) => line.label ?? words.calls.unknown },
            countColumn("dials", title("dials")),
            countColumn("connects", title("connects")),
            rateColumn("connect_rate", title("connect_rate"), scaleOf(lines, "connect_rate")),
            countColumn("conversations", title("conversations")),
            rateColumn("conversation_rate", title("conversation_rate"), scaleOf(lines, "conversation_rate")),
            countColumn("talk_seconds", title("talk_seconds"), { isSeconds: true }),
            countColumn("meetings", title("meetings")),
          ];
          return <DataTable name="callers" rows={lines} columns={columns} sort="-dials" id={(line) => line.label ?? ""} empty={{ why: words.calls.none, todo: words.calls.noneTodo }} />;
        }}
      </Await>
    </Paper>
  );
}
