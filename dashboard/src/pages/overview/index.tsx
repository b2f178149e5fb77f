/** Overview: what needs somebody, how it goes, and where it goes best and worst. */
import { Anchor, Group, Paper, SimpleGrid, Table, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useId } from "react";
import { EVERY } from "../../api/lists";
import { Trend } from "../../charts/Trend";
import { useTitles } from "../../figures/definitions";
import { Kpi, RateCell } from "../../figures/Figure";
import { ENOUGH, rateOf } from "../../figures/figure";
import { PageFrame } from "../../shell/Shell";
import { Await, Empty } from "../../states/Await";
import { CsvButton } from "../../table/CsvButton";
import { words } from "../../words";
import { CampaignName, nameOf } from "../campaigns/parts";
import type { Campaign } from "../campaigns/query";
import { Attention } from "./Attention";
import { Funnel } from "./Funnel";
import { type Total, useDays, useOverview, useRanked } from "./query";

export default function OverviewPage() {
  const overview = useOverview();
  return (
    <PageFrame title={words.nav.overview} filters={EVERY}>
      <Attention />
      <Await query={overview} height={{ base: 456, sm: 222 }}>{({ lines: [current], earlier: [previous] }) => current && <Figures current={current} previous={previous} />}</Await>
      <SimpleGrid cols={{ base: 1, lg: 3 }} spacing="md">
        <div style={{ gridColumn: "span 2", minWidth: 0 }} className="wide"><Days /></div>
        <Funnel />
      </SimpleGrid>
      <BestAndWorst />
    </PageFrame>
  );
}

function Figures({ current, previous }: { current: Total; previous: Total | undefined }) {
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="sm">
        <Kpi metric="total_sent" line={current} earlier={previous} isNeutral />
        <Kpi metric="total_delivered" line={current} earlier={previous} isNeutral />
        <Kpi metric="reply_rate" line={current} earlier={previous} kind="rate" />
        <Kpi metric="positive_rate" line={current} earlier={previous} kind="rate" />
        <Kpi metric="bounce_rate" line={current} earlier={previous} kind="rate" isBad />
        <Kpi metric="meetings" line={current} earlier={previous} />
        <Kpi metric="dials" line={current} earlier={previous} isNeutral />
        <Kpi metric="connects" line={current} earlier={previous} />
    </SimpleGrid>
  );
}

function Days() {
  const query = useDays();
  return <Await query={query} height={330}>{({ lines, earlier }) => <Trend days={lines} earlier={earlier} />}</Await>;
}

function BestAndWorst() {
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
      <Ranked title={words.overview.best} query={useRanked("best_reply_rate")} />
      <Ranked title={words.overview.worst} query={useRanked("worst_reply_rate", "active")} />
    </SimpleGrid>
  );
}

function Ranked({ title, query }: { title: string; query: ReturnType<typeof useRanked> }) {
  return <Await query={query} height={240}>{(lines) => <Ranking title={title} lines={lines.filter((line) => (rateOf(line, "reply_rate").below ?? 0) >= ENOUGH)} />}</Await>;
}

function Ranking({ title, lines }: { title: string; lines: Campaign[] }) {
  const heading = useTitles();
  const id = useId();
  const scale = Math.max(0.01, ...lines.map((line) => rateOf(line, "reply_rate").rate ?? 0)) * 1.4;
  return (
    <Paper component="section" aria-labelledby={id} style={{ minWidth: 0 }}>
      <Group justify="space-between" mb="sm">
        <Title order={2} id={id}>{title}</Title>
        <Group gap="sm">
          <Anchor component={Link} to="/campaigns" size="xs">{words.overview.all}</Anchor>
          {lines.length > 0 && (
            <CsvButton
              name={title} head={[words.filters.campaign, words.filters.client, heading("reply_rate"), heading("bounce_rate")]}
              rows={() => lines.map((line) => [nameOf(line), line.client_name ?? null, rateOf(line, "reply_rate").rate, rateOf(line, "bounce_rate").rate])}
            />
          )}
        </Group>
      </Group>
      {lines.length === 0 ? <Empty why={words.overview.tooFew} todo={words.overview.tooFewTodo} /> : (
        <div className="scroll narrow named" tabIndex={0} role="region" aria-label={title}>
          <Table aria-label={title}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{words.filters.campaign}</Table.Th>
                <Table.Th className="num">{heading("reply_rate")}</Table.Th>
                <Table.Th className="num">{heading("bounce_rate")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {lines.map((line) => (
                <Table.Tr key={`${line.source_id} ${line.campaign_id}`}>
                  <Table.Td><CampaignName line={line} /><Text size="xs" className="quiet">{line.client_name}</Text></Table.Td>
                  <Table.Td className="num"><RateCell line={line} metric="reply_rate" scale={scale} /></Table.Td>
                  <Table.Td className="num"><RateCell line={line} metric="bounce_rate" /></Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
    </Paper>
  );
}
