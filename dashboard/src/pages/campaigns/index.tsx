/** Campaigns: every one with its figures, sorted by what matters. */
import { Anchor, Paper, Skeleton } from "@mantine/core";
import { useMemo } from "react";
import { EVERY } from "../../api/lists";
import { Spark } from "../../charts/Spark";
import { PageFrame } from "../../shell/Shell";
import { Await } from "../../states/Await";
import { countColumn, rateColumn, scaleOf } from "../../table/metrics";
import { type Column, DataTable } from "../../table/Table";
import { useTitles } from "../../figures/definitions";
import { useFilters } from "../../search";
import { since } from "../../time";
import { words } from "../../words";
import { useAttention } from "../overview/query";
import { healthOf } from "./health";
import { CampaignName, HealthMark, nameOf, Status } from "./parts";
import { type Campaign, type Point, useCampaigns, useCourses } from "./query";

export default function Campaigns() {
  const query = useCampaigns();
  return (
    <PageFrame title={words.nav.campaigns} filters={EVERY}>
      <Paper className="middling">
        <Await query={query} height={520}>
          {(lines) => <CampaignTable lines={lines} />}
        </Await>
      </Paper>
    </PageFrame>
  );
}

function CampaignTable({ lines }: { lines: Campaign[] }) {
  const title = useTitles();
  const { search, change } = useFilters();
  const needs = useAttention().data ?? [];
  const courses = useCourses().data;
  const { steps, points } = useMemo(() => parted(courses ?? []), [courses]);
  const columns: Column<Campaign>[] = [
    { key: "campaign_name", title: words.campaigns.name, value: nameOf, view: (line) => <CampaignName line={line} /> },
    { key: "client_name", title: words.filters.client, value: (line) => line.client_name ?? null },
    { key: "source_name", title: words.filters.source, value: (line) => line.source_name, isExtra: true },
    { key: "platform", title: words.filters.platform, value: (line) => line.platform, isExtra: true },
    { key: "status", title: words.filters.status, value: (line) => line.status ?? null, view: (line) => <Status status={line.status} /> },
    { key: "health", title: words.campaigns.health.title, value: (line) => healthOf(line, needs).text, view: (line) => <HealthMark health={healthOf(line, needs)} /> },
    { key: "course", title: words.campaigns.course, value: () => null, isPicture: true, view: (line) => courses ? <Spark points={points.get(keyOf(line)) ?? []} steps={steps} /> : <Skeleton w={84} h={22} /> },
    countColumn("total_sent", title("total_sent")),
    countColumn("total_delivered", title("total_delivered"), { isExtra: true }),
    countColumn("total_replied", title("total_replied")),
    rateColumn("reply_rate", title("reply_rate"), scaleOf(lines, "reply_rate")),
    countColumn("positive_replies", title("positive_replies"), { isExtra: true }),
    rateColumn("positive_rate", title("positive_rate")),
    rateColumn("bounce_rate", title("bounce_rate")),
    countColumn("total_bounced", title("total_bounced"), { isExtra: true }),
    countColumn("total_unsubscribed", title("total_unsubscribed"), { isExtra: true }),
    ...(search.opens ? [countColumn<Campaign>("total_opened", `${title("total_opened")} *`)] : []),
    { key: "started_at", title: words.campaigns.started, value: (line) => line.started_at?.slice(0, 10) ?? null, isExtra: true },
    { key: "last_synced_at", title: words.explain.read, value: (line) => line.last_synced_at ?? null, view: (line) => <span className="quiet">{since(line.last_synced_at)}</span>, isExtra: true },
  ];
  return (
    <DataTable
      name="campaigns" rows={lines} columns={columns} sort="-total_sent" id={keyOf}
      empty={{ why: words.campaigns.none, todo: words.campaigns.noneTodo }}
      above={
        <Anchor component="button" type="button" size="xs" onClick={() => change({ opens: search.opens ? undefined : true })}>
          {search.opens ? words.campaigns.hideOpens : words.campaigns.showOpens}
        </Anchor>
      }
    />
  );
}

const keyOf = (line: Pick<Campaign, "campaign_id"> & { source_id?: number | null }) => `${line.source_id} ${line.campaign_id}`;

/** Points by campaign, and the steps that all of them stand on. */
function parted(courses: Point[]) {
  const points = new Map<string, Point[]>();
  for (const point of courses) {
    const key = `${point.source_id} ${point.campaign_id}`;
    points.set(key, [...(points.get(key) ?? []), point]);
  }
  return { points, steps: [...new Set(courses.map((point) => point.date))].sort() };
}
