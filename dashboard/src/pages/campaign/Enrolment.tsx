/** Where a campaign's leads stand: today, how that came over time, and which step they have reached. */
import { Group, Paper, SimpleGrid, Table, Text, Title } from "@mantine/core";
import { useCallback } from "react";
import { Bars } from "../../charts/Bars";
import { Chart, type Palette } from "../../charts/Chart";
import { stackedDays } from "../../charts/options";
import { showCount, showRate, UNKNOWN } from "../../figures/figure";
import { Await, Empty } from "../../states/Await";
import { CsvButton } from "../../table/CsvButton";
import { words } from "../../words";
import { mail } from "../../words/mail";
import { type LeadStates, type Place, type StepReached, useEnrolment } from "./query";

const w = mail.campaign;

const STATES = ["completed", "in_progress", "not_started", "stopped", "paused", "blocked", "unsubscribed"] as const;

/** The newest reading. */
export function Leads({ states }: { states: LeadStates | null | undefined }) {
  if (!states) return <Paper component="section" aria-label={w.leads}><Title order={2}>{w.leads}</Title><Empty why={words.states.unknown} /></Paper>;
  const all = states.total_leads ?? null;
  return (
    <Bars
      title={w.leads} note={w.leadsOf(states.date)} of={w.state} counted={w.allLeads} share={{ title: words.charts.shareOfAll, say: (share) => share }} whole={all}
      bars={STATES.filter((name) => states[name] != null).map((name) => ({ key: name, title: w.states[name], value: states[name] ?? null, share: all ? (states[name] ?? 0) / all : null }))}
    />
  );
}

export function Enrolment({ place }: { place: Place }) {
  return (
    <Await query={useEnrolment(place)} height={300}>
      {({ snapshots, steps }) => snapshots.length === 0 && steps.length === 0 ? null : (
        <SimpleGrid cols={{ base: 1, lg: 3 }} spacing="md">
          <div style={{ gridColumn: "span 2", minWidth: 0 }} className="wide"><OverTime snapshots={snapshots} /></div>
          <Steps steps={steps} />
        </SimpleGrid>
      )}
    </Await>
  );
}

function OverTime({ snapshots }: { snapshots: LeadStates[] }) {
  const shown = STATES.filter((name) => snapshots.some((day) => day[name] != null));
  const option = useCallback(
    (palette: Palette) => stackedDays(
      snapshots.map(({ date }) => date),
      STATES.filter((name) => snapshots.some((day) => day[name] != null)).map((name) => ({ name: w.states[name], values: snapshots.map((day) => day[name] ?? null) })),
      palette,
    ),
    [snapshots],
  );
  if (snapshots.length < 2) return <Paper h="100%" component="section" aria-label={w.enrolment}><Title order={2}>{w.enrolment}</Title><Empty why={w.onlyOneReading} todo={w.onlyOneReadingTodo} /></Paper>;
  return (
    <Chart
      title={w.enrolment} note={w.enrolmentNote} about={w.enrolmentAbout(snapshots.length)} option={option} height={240}
      table={{
        head: [words.charts.day, ...shown.map((name) => w.states[name]), w.allLeads],
        rows: snapshots.map((day) => [day.date, ...shown.map((name) => day[name] ?? null), day.total_leads ?? null]),
      }}
    />
  );
}

function Steps({ steps }: { steps: StepReached[] }) {
  return (
    <Paper component="section" aria-label={w.reached}>
      <Group justify="space-between" mb="sm" wrap="nowrap" align="flex-start">
        <div><Title order={2}>{w.reached}</Title><Text size="xs" className="quiet">{w.reachedNote}</Text></div>
        {steps.length > 0 && <CsvButton name={w.reached} head={[w.step, w.leadsThere, w.repliedThere, w.interestedThere]} rows={() => steps.map((step) => [step.current_step == null ? UNKNOWN : String(step.current_step), step.leads, step.replied, step.interested])} />}
      </Group>
      {steps.length === 0 ? <Empty why={w.noSteps} todo={w.noStepsTodo} /> : (
        <Table aria-label={w.reached}>
          <Table.Thead><Table.Tr><Table.Th>{w.step}</Table.Th><Table.Th className="num">{w.leadsThere}</Table.Th><Table.Th className="num">{w.repliedThere}</Table.Th><Table.Th className="num">{w.interestedThere}</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>
            {steps.map((step) => (
              <Table.Tr key={step.current_step ?? -1}>
                <Table.Td>{step.current_step === 0 ? w.beforeFirst : (step.current_step ?? UNKNOWN)}</Table.Td>
                <Table.Td className="num">{showCount(step.leads)}</Table.Td>
                <Table.Td className="num">{showCount(step.replied)}{step.leads > 0 && <Text span size="xs" className="quiet" ml={6}>{showRate(step.replied / step.leads)}</Text>}</Table.Td>
                <Table.Td className="num">{showCount(step.interested)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Paper>
  );
}
