/** A campaign: its figures, its days, its steps and variants, its leads, its hours. */
import { Anchor, Box, Button, Group, Paper, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { Link, useParams } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useIsInsider, useMayWrite } from "../../api/session";
import { HeatMap } from "../../charts/HeatMap";
import { Trend } from "../../charts/Trend";
import { useTitles } from "../../figures/definitions";
import { Kpi, RateCell } from "../../figures/Figure";
import { showCount, UNKNOWN } from "../../figures/figure";
import { useFilters } from "../../search";
import { PageFrame } from "../../shell/Shell";
import { Await, Empty } from "../../states/Await";
import type { Cell } from "../../table/csv";
import { CsvButton } from "../../table/CsvButton";
import { since } from "../../time";
import { words } from "../../words";
import { mail } from "../../words/mail";
import { type Campaign, Status } from "../campaigns/parts";
import { Reason } from "../clients/Whose";
import { DecayMark, decayWord, stepOf } from "../copy/parts";
import { placeOf } from "../copy/query";
import { Enrolment, Leads } from "./Enrolment";
import { Newest } from "./Newest";
import { Opened } from "./Opened";
import { type Place, useCampaign, useHours, useVariants, type Variant } from "./query";
import { Senders } from "./Senders";

const w = mail.campaign;
export default function CampaignPage() {
  const { source, campaign } = useParams({ strict: false }) as { source: string; campaign: string };
  const place = { source, id: campaign };
  const query = useCampaign(place);
  return (
    <PageFrame title={query.data?.campaign.campaign_name ?? campaign} aside={<Anchor component={Link} to="/campaigns" size="sm">← {w.back}</Anchor>}>
      <Await query={query} height={300}>
        {({ campaign: line, earlier, series, lead_states, problems }) => (
            <>
              <Group gap="md">
                <Status status={line.status} />
                <Text size="sm" className="quiet">
                  {[line.client_name, words.platforms[line.platform as keyof typeof words.platforms], line.source_name].filter(Boolean).join(" · ")}
                  {" · "}{words.explain.read.toLowerCase()} {since(line.last_synced_at)}
                </Text>
                <Whose line={line} />
              </Group>
              <Covered line={line} />
              <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="sm">
                <Kpi metric="total_sent" line={line} earlier={earlier} isNeutral />
                <Kpi metric="total_delivered" line={line} earlier={earlier} isNeutral />
                <Kpi metric="reply_rate" line={line} earlier={earlier} kind="rate" />
                <Kpi metric="positive_rate" line={line} earlier={earlier} kind="rate" />
                <Kpi metric="bounce_rate" line={line} earlier={earlier} kind="rate" isBad />
                <Kpi metric="total_unsubscribed" line={line} earlier={earlier} isBad />
              </SimpleGrid>
              <SimpleGrid cols={{ base: 1, lg: 3 }} spacing="md">
                <div style={{ gridColumn: "span 2", minWidth: 0 }} className="wide"><Trend days={series.days} earlier={series.earlier} /></div>
                <Leads states={lead_states} />
              </SimpleGrid>
              <Enrolment place={place} />
              <Variants place={place} />
              <Hours place={place} />
              <Senders place={place} />
              <Newest place={place} />
              {problems.length > 0 && (
                <Paper component="section" aria-label={w.problems}>
                  <Title order={2} mb="sm">{w.problems}</Title>
                  <Stack gap="xs">{problems.map((problem) => <Text key={`${problem.endpoint} ${problem.record} ${problem.path}`} size="sm">{problem.endpoint}: {problem.message} <Text span size="xs" className="quiet">{since(problem.first_seen_at)}</Text></Text>)}</Stack>
                </Paper>
              )}
            </>
        )}
      </Await>
    </PageFrame>
  );
}

/** Whose it is and why, for whoever asks. */
function Whose({ line }: { line: Campaign }) {
  const [isOpen, setIsOpen] = useState(false);
  const mayWrite = useMayWrite();
  if (!useIsInsider()) return null;
  return isOpen
    ? <Box w="100%"><Reason line={line} mayWrite={mayWrite} done={() => setIsOpen(false)} /></Box>
    : <Button variant="subtle" size="compact-xs" onClick={() => setIsOpen(true)}>{mayWrite ? w.whoseOrChange : w.whose}</Button>;
}

function Covered({ line }: { line: Campaign }) {
  const text = [
    line.not_covered_before && w.notCovered(line.not_covered_before),
    line.days_estimated ? w.estimated(showCount(line.days_estimated), showCount(line.days ?? null)) : undefined,
  ].filter(Boolean);
  return text.length > 0 ? <Text size="sm" className="warn">⚠ {text.join(" ")}</Text> : null;
}

/** In the order in which they go out. */
const inOrder = (variants: Variant[]): Variant[] =>
  variants.toSorted((a, b) => (a.step_number ?? Infinity) - (b.step_number ?? Infinity) || (a.variant_label ?? "").localeCompare(b.variant_label ?? ""));

function Variants({ place }: { place: Place }) {
  return <Await query={useVariants(place)} height={240}>{(variants) => <VariantTable variants={inOrder(variants)} />}</Await>;
}

function VariantTable({ variants }: { variants: Variant[] }) {
  const title = useTitles();
  const { search, change } = useFilters();
  const scale = useMemo(() => Math.max(0.02, ...variants.filter((one) => (one.delivered ?? 0) >= 30).map((one) => one.reply_rate_high ?? one.reply_rate ?? 0)), [variants]);
  const file: [title: string, value: (one: Variant) => Cell | undefined][] = [
    [w.step, stepOf], [w.subject, (one) => one.subject_line], [title("total_delivered"), (one) => one.delivered], [title("total_replied"), (one) => one.replied],
    [title("reply_rate"), (one) => one.reply_rate], [title("positive_replies"), (one) => one.positive], [title("positive_rate"), (one) => one.positive_rate],
    [w.enough, (one) => (one.is_enough ? w.isEnough : w.notEnough)], [w.decay, (one) => decayWord(one.decay_status)],
  ];
  return (
    <Paper component="section" aria-label={w.variants}>
      <Group justify="space-between" mb="sm" align="flex-start" wrap="nowrap">
        <div>
          <Title order={2}>{w.variants}</Title>
          <Text size="xs" className="quiet">{w.variantsNote}</Text>
        </div>
        {variants.length > 0 && <CsvButton name={w.variants} head={file.map(([name]) => name)} rows={() => variants.map((one) => file.map(([, value]) => value(one) ?? null))} />}
      </Group>
      <Opened place={search.id} close={() => change({ id: undefined, as: undefined })} />
      {variants.length === 0 ? <Empty why={w.noVariants} /> : (
        <div className="scroll" tabIndex={0} role="region" aria-label={w.variants}>
          <Table aria-label={w.variants}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{w.step}</Table.Th>
                <Table.Th>{w.subject}</Table.Th>
                <Table.Th className="num">{title("total_delivered")}</Table.Th>
                <Table.Th className="num">{title("reply_rate")}</Table.Th>
                <Table.Th className="num">{title("positive_rate")}</Table.Th>
                <Table.Th>{w.enough}</Table.Th>
                <Table.Th>{w.decay}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {variants.map((one) => (
                <Table.Tr key={one.variant_id}>
                  <Table.Td style={{ whiteSpace: "nowrap" }}>{stepOf(one)}</Table.Td>
                  <Table.Td>
                    <Anchor component="button" type="button" size="sm" className="cut" title={one.body_preview ?? one.subject_line ?? ""} onClick={() => change({ id: placeOf(one) })}>{one.subject_line || one.body_preview || one.step_type || UNKNOWN}</Anchor>
                    {one.is_deleted && <Text size="xs" className="quiet">{w.gone}</Text>}
                  </Table.Td>
                  <Table.Td className="num">{showCount(one.delivered ?? null)}</Table.Td>
                  <Table.Td className="num"><Share variant={one} metric="reply_rate" above={one.replied} rate={one.reply_rate} scale={scale} /></Table.Td>
                  <Table.Td className="num"><Share variant={one} metric="positive_rate" above={one.positive} rate={one.positive_rate} /></Table.Td>
                  <Table.Td style={{ whiteSpace: "nowrap" }}><span className={one.is_enough ? "good" : "quiet"}>{one.is_enough ? w.isEnough : w.notEnough}</span></Table.Td>
                  <Table.Td><DecayMark status={one.decay_status} /></Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
    </Paper>
  );
}

/** A variant's rate; what is below its line is what was delivered with it. */
function Share({ variant, metric, above, rate, scale }: { variant: Variant; metric: string; above: number | null | undefined; rate: number | null | undefined; scale?: number }) {
  const line = { [metric]: rate ?? null, [`${metric}_numerator`]: above ?? null, [`${metric}_denominator`]: variant.delivered ?? null };
  return <RateCell line={line} metric={metric} {...(scale !== undefined && { scale })} />;
}

function Hours({ place }: { place: Place }) {
  const title = useTitles();
  return (
    <Await query={useHours(place)} height={300}>
      {(cells) => !cells.some((cell) => cell.emails_replied) ? <Paper component="section" aria-label={w.hours}><Title order={2}>{w.hours}</Title><Empty why={w.noHours} /></Paper> : (
        <HeatMap title={w.hours} name={title("total_replied")} cells={cells.map((cell) => ({ ...cell, value: cell.emails_replied ?? null }))} />
      )}
    </Await>
  );
}
