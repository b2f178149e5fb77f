/** The report itself, for whoever is signed in and for whoever has a share link. */
import { Group, Paper, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { Trend } from "../../charts/Trend";
import { useTitles } from "../../figures/definitions";
import { CountCell, Kpi, RateCell } from "../../figures/Figure";
import { countOf, rateOf, showCount, showRate } from "../../figures/figure";
import { useFilters } from "../../search";
import { Await, Empty } from "../../states/Await";
import { CsvButton } from "../../table/CsvButton";
import { words } from "../../words";
import { useReport } from "./query";

const w = words.clients;
/** Of so many campaigns the page tells. */
const TOLD = 12;
const METRICS = ["total_sent", "total_replied", "reply_rate", "positive_replies", "bounce_rate"];

export function Report({ client, isShared = false }: { client: string | undefined; isShared?: boolean }) {
  const query = useReport(client);
  const title = useTitles();
  const { days: asked } = useFilters();
  return (
    <Await query={query} height={560}>
      {({ current, previous, days, campaigns }) => {
        if (!current) return <Paper><Empty why={words.campaigns.none} /></Paper>;
        const [now, before] = [rateOf(current, "reply_rate"), previous && rateOf(previous, "reply_rate")];
        const place = client === undefined ? {} : { client };
        const positive = countOf(current, "positive_replies");
        return (
          <Stack gap="md">
            <Text fz={16} fw={500} maw={900}>
              {asked ? w.between(asked.from, asked.to) : w.ever}
              {now.rate !== null && w.judged(showRate(now.rate), showCount(now.below))}
              {now.rate !== null && before?.rate != null && w.against(Math.abs((now.rate - before.rate) * 100).toFixed(2), now.rate >= before.rate)}
              {positive.value !== null && w.positive(showCount(positive.value), positive.isPartial)}
            </Text>
            <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="sm">
              <Kpi metric="total_sent" line={current} earlier={previous} place={place} isNeutral />
              <Kpi metric="reply_rate" line={current} earlier={previous} place={place} kind="rate" />
              <Kpi metric="positive_replies" line={current} earlier={previous} place={place} />
              <Kpi metric="bounce_rate" line={current} earlier={previous} place={place} kind="rate" isBad />
              <Kpi metric="connects" line={current} earlier={previous} place={place} />
              <Kpi metric="meetings" line={current} earlier={previous} place={place} />
            </SimpleGrid>
            <Trend days={days} earlier={[]} height={220} />
            <Paper component="section" aria-label={words.nav.campaigns}>
              <Group justify="space-between" mb="sm">
                <Title order={2}>{words.nav.campaigns}</Title>
                {campaigns.length > 0 && (
                  <CsvButton
                    name={words.nav.campaigns} head={[words.campaigns.name, words.filters.status, ...METRICS.map((metric) => title(metric))]}
                    rows={() => campaigns.map((line) => [line.campaign_name ?? line.campaign_id, line.status ?? null, ...METRICS.map((metric) => countOf(line, metric).value)])}
                  />
                )}
              </Group>
              {campaigns.length === 0 ? <Empty why={words.campaigns.none} /> : (
                <div className="scroll" tabIndex={0} role="region" aria-label={words.nav.campaigns}>
                  <Table aria-label={words.nav.campaigns}>
                    <Table.Thead>
                      <Table.Tr>
                        <Table.Th>{words.campaigns.name}</Table.Th><Table.Th>{words.filters.status}</Table.Th>
                        {METRICS.map((metric) => <Table.Th key={metric} className="num">{title(metric)}</Table.Th>)}
                      </Table.Tr>
                    </Table.Thead>
                    <Table.Tbody>
                      {campaigns.slice(0, TOLD).map((line) => (
                        <Table.Tr key={`${line.source_id} ${line.campaign_id}`}>
                          <Table.Td><span className="cut">{line.campaign_name ?? line.campaign_id}</span></Table.Td>
                          <Table.Td>{line.status ?? "–"}</Table.Td>
                          <Table.Td className="num"><CountCell line={line} metric="total_sent" /></Table.Td>
                          <Table.Td className="num"><CountCell line={line} metric="total_replied" /></Table.Td>
                          <Table.Td className="num"><RateCell line={line} metric="reply_rate" /></Table.Td>
                          <Table.Td className="num"><CountCell line={line} metric="positive_replies" /></Table.Td>
                          <Table.Td className="num"><RateCell line={line} metric="bounce_rate" /></Table.Td>
                        </Table.Tr>
                      ))}
                    </Table.Tbody>
                  </Table>
                </div>
              )}
              {campaigns.length > TOLD && <Text size="xs" className="quiet" mt="sm">{w.more(campaigns.length - TOLD)}</Text>}
            </Paper>
            {!isShared && <Text size="xs" className="quiet">{w.source}</Text>}
          </Stack>
        );
      }}
    </Await>
  );
}
