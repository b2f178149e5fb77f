/** Journey: how far people come, over e-mail and phone together. */
import { Paper, SegmentedControl, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { EVERY } from "../../api/lists";
import { Bars } from "../../charts/Bars";
import { useTitles } from "../../figures/definitions";
import { Explained, Kpi, Sum } from "../../figures/Figure";
import { countOf, rateOf, showCount, showShort } from "../../figures/figure";
import { useFilters } from "../../search";
import { PageFrame } from "../../shell/Shell";
import { Await, Empty } from "../../states/Await";
import { countColumn, rateColumn, scaleOf } from "../../table/metrics";
import { type Column, DataTable } from "../../table/Table";
import { words } from "../../words";
import { Duplicates } from "./Duplicates";
import { type PeoplePart, useJourney } from "./query";

const TABS = ["client", "campaign", "duplicates"] as const;
const STAGES = ["emailed", "replied", "called", "connected", "meeting"] as const;

export default function Journey() {
  const total = useJourney("total");
  const { search, change } = useFilters();
  const tab = TABS.find((name) => name === search.tab) ?? "client";
  return (
    <PageFrame
      title={words.nav.journey} filters={EVERY}
      aside={
        <SegmentedControl
          size="xs" value={tab} aria-label={words.journey.by} onChange={(next) => change({ tab: next === "client" ? undefined : next, sort: undefined, page: undefined, hide: undefined, q: undefined })}
          data={[{ value: "client", label: words.journey.byClient }, { value: "campaign", label: words.journey.byCampaign }, { value: "duplicates", label: words.journey.duplicatesShort }]}
        />
      }
    >
      <Text className="quiet" size="sm" maw={760}>{words.journey.about}</Text>
      <Await query={total} height={{ base: 508, md: 268 }}>
        {({ lines: [line], earlier: [before] }) =>
          line && line.all > 0 ? (
            <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
              <Way line={line} />
              <SimpleGrid cols={2} spacing="sm">
                <Kpi metric="replied_rate" line={line} earlier={before} kind="rate" />
                <Kpi metric="meeting_rate" line={line} earlier={before} kind="rate" />
                <Kpi metric="time_to_first_reply" line={line} earlier={undefined} kind="seconds" />
                <Kpi metric="time_to_first_call" line={line} earlier={undefined} kind="seconds" />
              </SimpleGrid>
            </SimpleGrid>
          ) : (
            <Paper><Empty why={words.journey.none} todo={words.journey.noneTodo} /></Paper>
          )
        }
      </Await>
      {tab === "duplicates" ? <Duplicates /> : <Parts by={tab} />}
    </PageFrame>
  );
}

function Way({ line }: { line: PeoplePart }) {
  const title = useTitles();
  return (
    <Bars
      title={words.journey.stages} note={words.journey.people(showCount(line.all), showCount(line.in_several_campaigns))}
      of={words.overview.stage} counted={words.journey.peopleTitle} whole={STAGES.map((metric) => countOf(line, metric).value).find((value) => value !== null)}
      bars={STAGES.map((metric) => {
        const count = countOf(line, metric);
        return { key: metric, title: title(metric), value: count.value, figure: <Explained metric={metric} place={{}} here={<Sum count={count} />}><Sum count={count} /></Explained> };
      })}
    />
  );
}

/** A time between two stages; a mean is over so many people, a median is that of one or two in the middle. */
function TimeCell({ line, metric }: { line: PeoplePart; metric: string }) {
  const time = countOf(line, metric);
  const people = metric === "time_to_first_call" ? rateOf(line, metric).below : null;
  return (
    <Explained metric={metric} here={<Sum count={time} time={metric} />}>
      <span className="rate"><Sum count={time} time={metric} /><span className="n">{people !== null && `n ${showShort(people)}`}</span></span>
    </Explained>
  );
}

function Parts({ by }: { by: "client" | "campaign" }) {
  const query = useJourney(by);
  const title = useTitles();
  const heading = by === "client" ? words.journey.byClient : words.journey.byCampaign;
  return (
    <Paper component="section" aria-label={heading}>
      <Stack gap="sm">
        <Title order={2}>{heading}</Title>
        <Await query={query} height={240}>
          {({ lines }) => {
            // Which campaign it is, its name does not say for sure.
            const place = (line: PeoplePart) => (by === "client" && line.label ? { client: line.label } : undefined);
            const columns: Column<PeoplePart>[] = [
              { key: "label", title: by === "client" ? words.filters.client : words.filters.campaign, value: (line) => line.label ?? words.journey.unknown },
              { key: "all", title: words.journey.peopleTitle, isNumber: true, value: (line) => line.all },
              ...STAGES.map((metric) => countColumn<PeoplePart>(metric, title(metric), { place })),
              rateColumn("replied_rate", title("replied_rate"), scaleOf(lines, "replied_rate"), { place }),
              rateColumn("meeting_rate", title("meeting_rate"), scaleOf(lines, "meeting_rate"), { place }),
              ...["time_to_first_reply", "time_to_first_call"].map((metric): Column<PeoplePart> => ({
                key: metric, title: title(metric), isNumber: true, value: (line) => countOf(line, metric).value, view: (line) => <TimeCell line={line} metric={metric} />,
              })),
              { key: "in_several_campaigns", title: words.journey.several, isNumber: true, value: (line) => line.in_several_campaigns, isExtra: by === "client" },
            ];
            return <DataTable name={`journey-${by}`} rows={lines} columns={columns} sort="-all" id={(line) => line.label ?? ""} empty={{ why: words.journey.none, todo: words.journey.noneTodo }} pageSize={by === "client" ? 50 : 25} />;
          }}
        </Await>
      </Stack>
    </Paper>
  );
}
