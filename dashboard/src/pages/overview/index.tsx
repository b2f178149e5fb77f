/** Overview: what needs somebody, how it goes, and where it goes best and worst. */
import { Anchor, Group, Paper, SimpleGrid, Table, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useId } from "react";
import { EVERY } from "../../api/lists";
import { Trend } from "../../charts/Trend";
import { useTitles } from "../../figures/definitions";
import { RepliesBehind } from "../../figures/Behind";
import { Kpi, RateCell } from "../../figures/Figure";
import { ENOUGH, interval, rateOf } from "../../figures/figure";
import { PageFrame } from "../../shell/Shell";
import { Await, Empty } from "../../states/Await";
import { words } from "../../words";
import { CampaignName } from "../campaigns/parts";
import { type Campaign, useCampaigns } from "../campaigns/query";
import { Attention } from "./Attention";
import { Funnel } from "./Funnel";
import { type Total, useDays, useOverview } from "./query";

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
        <Kpi metric="reply_rate" line={current} earlier={previous} kind="rate" list={<RepliesBehind />} />
        <Kpi metric="positive_rate" line={current} earlier={previous} kind="rate" list={<RepliesBehind />} />
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
  const query = useCampaigns();
  return (
    <Await query={query} height={240}>
      {(lines) => {
        // By the cautious end of the interval, so that a lucky few e-mails lead no list.
        const known = lines.flatMap((line) => {
          const { above, below } = rateOf(line, "reply_rate");
          const range = interval(above, below);
          return range && (below ?? 0) >= ENOUGH ? [{ line, low: range[0], high: range[1] }] : [];
        });
        const best = known.toSorted((a, b) => b.low - a.low).map(({ line }) => line);
        const worst = known.filter(({ line }) => line.status === "active").toSorted((a, b) => a.high - b.high).map(({ line }) => line);
        return (
          <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
            <Ranking title={words.overview.best} lines={best.slice(0, 5)} />
            <Ranking title={words.overview.worst} lines={worst.slice(0, 5)} />
          </SimpleGrid>
        );
      }}
    </Await>
  );
}

function Ranking({ title, lines }: { title: string; lines: Campaign[] }) {
  const heading = useTitles();
  const id = useId();
  const scale = Math.max(0.01, ...lines.map((line) => rateOf(line, "reply_rate").rate ?? 0)) * 1.4;
  return (
    <Paper component="section" aria-labelledby={id} style={{ minWidth: 0 }}>
      <Group justify="space-between" mb="sm">
        <Title order={2} id={id}>{title}</Title>
        <Anchor component={Link} to="/campaigns" size="xs">{words.overview.all}</Anchor>
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
