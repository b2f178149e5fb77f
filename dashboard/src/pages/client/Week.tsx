/** A client's week on one page: one line of judgement, six numbers against target and last week, what happened, what is next. */
import { Anchor, Button, Group, Paper, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { Delta, Explained } from "../../figures/Figure";
import { showCount, showRate, showShort, UNKNOWN } from "../../figures/figure";
import { plus } from "../../period";
import { useFilters } from "../../search";
import { Await } from "../../states/Await";
import { CsvButton } from "../../table/CsvButton";
import { exact, since } from "../../time";
import { words } from "../../words";
import { mail } from "../../words/mail";
import { isLessBetter } from "../clients/standing";
import { useWeek, type Weekly, type WeeklyFigure } from "./query";

const w = words.week;

export function Week({ client, isShared = false }: { client: string; isShared?: boolean }) {
  const { search } = useFilters();
  return <Await query={useWeek(client, search.id)} height={720}>{(report) => <Page report={report} isShared={isShared} />}</Await>;
}

function Page({ report, isShared }: { report: Weekly; isShared: boolean }) {
  return (
    <Stack gap="md" className="week">
      <Pages report={report} />
      <Judged report={report} />
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="sm">
        {report.figures.map((figure) => <Figure key={figure.metric} figure={figure} isShared={isShared} />)}
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, md: 3 }} spacing="md">
        <div style={{ gridColumn: "span 2", minWidth: 0 }} className="wide"><Happened report={report} /></div>
        <Next report={report} />
      </SimpleGrid>
      <Text size="xs" className="quiet">{w.read(exact(report.oldest_figure_at), exact(report.newest_figure_at))}{!isShared && <span className="no-print"> · <Anchor href={`/report/${encodeURIComponent(report.client)}?week=${report.from}`} size="xs" underline="always">{w.plain}</Anchor></span>}</Text>
    </Stack>
  );
}

function Pages({ report }: { report: Weekly }) {
  const { change } = useFilters();
  return (
    <Group gap="sm">
      <Title order={2}>{w.title(report.from, report.to)}{!report.is_whole && <Text span size="sm" className="warn"> {w.soFar}</Text>}</Title>
      <Group gap={4} className="no-print">
        <Button variant="default" size="compact-sm" leftSection={<IconChevronLeft size={14} />} onClick={() => change({ id: plus(report.from, -7) })}>{w.earlier}</Button>
        <Button variant="default" size="compact-sm" rightSection={<IconChevronRight size={14} />} disabled={!report.is_whole} onClick={() => change({ id: plus(report.from, 7) })}>{w.later}</Button>
        <CsvButton
          name={`${report.client} ${report.from}`} head={[words.glossary.metric, w.value, "n", w.target, w.lastWeek, w.standing]}
          rows={() => report.figures.map((one) => [one.title, one.value ?? null, one.n ?? null, one.target ?? null, one.before ?? null, one.standing ? w.standings[one.standing] : null])}
        />
      </Group>
      <Text size="xs" className="quiet">{w.against(report.before_from, report.before_to)}</Text>
    </Group>
  );
}

const COLOURS = { ahead: "good", on_target: "", behind: "bad" } as const;
const SIGNS = { ahead: "▲", on_target: "=", behind: "▼" } as const;

function Judged({ report: { judgement } }: { report: Weekly }) {
  const standing = judgement.standing ?? undefined;
  return (
    <Paper component="section" aria-label={w.judgement} style={{ borderLeft: `4px solid var(${standing === "ahead" ? "--atlas-good" : standing === "behind" ? "--atlas-bad" : "--atlas-mark"})` }}>
      <Text fz={17} fw={600} data-judgement>{standing && <span className={COLOURS[standing]} aria-hidden="true">{SIGNS[standing]} </span>}{judgement.text}</Text>
    </Paper>
  );
}

const amount = (figure: WeeklyFigure, value: number | null | undefined): string => (value == null ? UNKNOWN : figure.is_rate ? showRate(value) : showCount(value));

function Figure({ figure, isShared }: { figure: WeeklyFigure; isShared: boolean }) {
  const standing = figure.standing ?? undefined;
  const shown = (
    <Text span fz={24} fw={600} lh={1.2} data-figure>
      {figure.is_at_least && "≥ "}{figure.value == null ? <span className="quiet" title={figure.unknown_because ?? words.states.unknown}>{UNKNOWN}</span> : amount(figure, figure.value)}
    </Text>
  );
  return (
    <Paper p="md" data-week={figure.metric}>
      <Text size="sm" className="quiet" mb={2}>{figure.title}</Text>
      {isShared ? shown : <Explained metric={figure.metric} here={<Here figure={figure} />}>{shown}</Explained>}
      <Stack gap={2} mt={4}>
        {figure.is_rate && figure.n != null && <Text size="xs" className="quiet">n {showShort(figure.n)}{figure.low != null && figure.high != null && ` · ${showRate(figure.low)} – ${showRate(figure.high)}`}</Text>}
        <Text size="xs">
          {figure.target == null ? <span className="quiet">{w.noTarget}</span> : <>{w.target} {amount(figure, figure.target)}{standing && <span className={COLOURS[standing]}> {SIGNS[standing]} {w.standings[standing]}</span>}</>}
        </Text>
        <Text size="xs" component="div"><span className="quiet">{w.lastWeek} {amount(figure, figure.before)}</span> {figure.before != null && <Delta now={figure.value ?? null} earlier={figure.before} isRate={figure.is_rate} isBad={isLessBetter(figure.metric)} isRough={figure.is_at_least} />}</Text>
      </Stack>
    </Paper>
  );
}

function Here({ figure }: { figure: WeeklyFigure }) {
  return <>{amount(figure, figure.value)}{figure.n != null && ` (n ${showCount(figure.n)})`}{figure.unknown_because && <Text size="xs" className="quiet">{figure.unknown_because}</Text>}</>;
}

function Happened({ report: { happened } }: { report: Weekly }) {
  const isNothing = happened.replies_in_all + happened.outcomes_in_all + happened.started_in_all + happened.alerts_in_all === 0;
  return (
    <Paper component="section" aria-label={w.happened} h="100%">
      <Title order={2} mb="sm">{w.happened}</Title>
      {isNothing && <Text size="sm" className="quiet">{w.nothing}</Text>}
      <Stack gap="md">
        <Told title={w.positive} all={happened.replies_in_all} note={happened.replies_not_counted > 0 ? w.notCounted(happened.replies_not_counted) : undefined} rows={happened.replies.map((reply) => [reply.lead_name ?? reply.lead_email ?? UNKNOWN, reply.body_plain ?? reply.subject ?? "", since(reply.occurred_at)])} />
        <Told title={w.outcomes} all={happened.outcomes_in_all} rows={happened.outcomes.map((one) => [one.email, w.kinds[one.kind as keyof typeof w.kinds] ?? one.kind, `${one.occurred_on}${one.value != null ? ` · ${showCount(one.value)} ${one.currency ?? ""}` : ""}`])} />
        <Told title={w.started} all={happened.started_in_all} rows={happened.started.map((one) => [one.campaign_name ?? one.campaign_id, "", one.started_at ? since(one.started_at) : ""])} />
        <Told title={w.alerts} all={happened.alerts_in_all} rows={happened.alerts.map((one) => [one.subject, `${mail.alerts.kinds[one.kind as keyof typeof mail.alerts.kinds] ?? one.kind}. ${one.advice}`, one.is_resolved ? mail.alerts.over : mail.alerts.levels[one.level as "warning"] ?? one.level])} />
      </Stack>
    </Paper>
  );
}

function Told({ title, all, note, rows }: { title: string; all: number; note?: string; rows: [string, string, string][] }) {
  if (all === 0) return null;
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={title}>
      <Text size="sm" fw={600}>{title} ({showCount(all)})</Text>
      {note && <Text size="xs" className="quiet">{note}</Text>}
      <Table aria-label={title} verticalSpacing={4}>
        <Table.Tbody>
          {rows.map(([who, what, when], index) => (
            <Table.Tr key={`${who} ${index}`}>
              <Table.Td style={{ whiteSpace: "nowrap", verticalAlign: "top" }}>{who}</Table.Td>
              <Table.Td style={{ width: "60%" }}><Text size="sm" lineClamp={2}>{what}</Text></Table.Td>
              <Table.Td className="num quiet">{when}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {all > rows.length && <Text size="xs" className="quiet">{words.overview.more(all - rows.length)}</Text>}
    </div>
  );
}

function Next({ report }: { report: Weekly }) {
  return (
    <Paper component="section" aria-label={w.next} h="100%">
      <Title order={2} mb="sm">{w.next}</Title>
      {report.next.length === 0 ? <Text size="sm" className="quiet">{w.nothingNext}</Text> : (
        <Stack gap={6} component="ol" style={{ margin: 0, paddingLeft: 18 }}>
          {report.next.map((step) => <li key={`${step.subject} ${step.text}`}><Text size="sm"><b>{step.subject}</b> {step.text}</Text></li>)}
        </Stack>
      )}
    </Paper>
  );
}
