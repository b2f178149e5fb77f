/** Data health: whether what is shown can be believed, source by source. */
import { Badge, Code, Group, Paper, Progress, SegmentedControl, SimpleGrid, Stack, Tabs, Text, Title } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { EVERY } from "../../api/lists";
import { showCount } from "../../figures/figure";
import { useFilters } from "../../search";
import { PageFrame } from "../../shell/Shell";
import { TabList } from "../../shell/TabList";
import { Await, Empty } from "../../states/Await";
import { Lines } from "../../table/Lines";
import { exact, since } from "../../time";
import { words } from "../../words";
import { running } from "../../words/running";
import { Reconciliation } from "./Reconciliation";
import { Deeds, Requests } from "../../sources/Deeds";
import { useSources } from "../../sources/query";
import { Webhook } from "../../sources/Webhook";
import { type SourceLine, type SourceState, useProblems, useProgress, useQuota, useRuns, useSource } from "./query";

const w = running.health;

export default function Health() {
  const query = useSources();
  const { search, change } = useFilters();
  const tab = search.tab === "reconciliation" ? "reconciliation" : "sources";
  return (
    <PageFrame
      title={words.nav.health} hasPeriod={false} filters={tab === "reconciliation" ? EVERY : ["client", "platform", "source"]}
      aside={
        <SegmentedControl
          size="xs" value={tab} aria-label={w.what} onChange={(next) => change({ tab: next === "sources" ? undefined : next, sort: undefined, page: undefined, hide: undefined, q: undefined })}
          data={[{ value: "sources", label: running.settings.sources }, { value: "reconciliation", label: w.reconciliation }]}
        />
      }
    >
      {tab === "reconciliation" ? <Reconciliation /> : <Sources query={query} />}
    </PageFrame>
  );
}

function Sources({ query }: { query: ReturnType<typeof useSources> }) {
  const { search } = useFilters();
  const isWanted = (source: SourceLine) =>
    (!search.source || source.name === search.source) && (!search.platform || source.platform === search.platform) && (!search.client || source.client === search.client);
  return (
    <>
      <Text className="quiet" size="sm" maw={760}>{w.about}</Text>
      <Await query={query} height={480}>
        {({ data }) => {
          const shown = data.filter(isWanted);
          if (shown.length === 0) return <Paper><Empty {...(data.length > 0 ? { why: words.table.nothingFound } : { why: w.none, todo: w.noneTodo })} /></Paper>;
          return <Stack>{shown.map((source) => <Source key={source.id} source={source} />)}</Stack>;
        }}
      </Await>
    </>
  );
}

function Source({ source }: { source: SourceLine }) {
  const query = useSource(source.name);
  return (
    <Paper component="section" aria-label={source.name}>
      <Await query={query} height={{ base: 320, sm: 170, lg: 130 }}>
        {(state) => (
          <Stack gap="md">
            <Group justify="space-between">
              <Group gap="sm">
                <Title order={2}>{source.name}</Title>
                <Text size="sm" className="quiet">{words.platforms[source.platform as keyof typeof words.platforms] ?? source.platform}{source.client && ` · ${source.client}`} · {source.time_zone}</Text>
              </Group>
              <Outcome state={state} />
            </Group>
            <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="md">
              <Fact name={w.lastSync} title={exact(source.last_sync_at)}>{source.last_sync_at ? since(source.last_sync_at) : words.freshness.never}</Fact>
              <Fact name={w.oldest} title={exact(state.figures.oldest_at)}>{state.figures.oldest_at ? since(state.figures.oldest_at) : "–"}</Fact>
              <Fact name={w.known}>{w.of(showCount(state.figures.known), showCount(state.figures.campaigns))}</Fact>
              <Fact name={w.pending}>{showCount(state.pending)}</Fact>
              <Fact name={w.deliveries} title={exact(state.deliveries.last_at)}>
                <span data-deliveries={source.name}>{showCount(state.deliveries.received)}</span>
                {state.deliveries.last_at && <Text span size="xs" className="quiet"> · {since(state.deliveries.last_at)}</Text>}
              </Fact>
              <Fact name={w.quota}><Quota name={source.name} /></Fact>
            </SimpleGrid>
            {state.last_run?.reason && state.last_run.outcome !== "done" && (
              <Text size="sm" className="warn">{state.last_run.reason}{state.last_run.hint && ` ${state.last_run.hint}`}</Text>
            )}
            <Deeds name={source.name} isArchived={source.status === "archived"} />
            <Details name={source.name} state={state} />
          </Stack>
        )}
      </Await>
    </Paper>
  );
}

function Outcome({ state }: { state: SourceState }) {
  const outcome = state.last_run?.outcome;
  if (!outcome) return <Badge color="gray" variant="light" tt="none" styles={READABLE}>{words.freshness.never}</Badge>;
  const colour = outcome === "done" ? "teal" : outcome === "running" ? "blue" : outcome === "failed" || outcome === "refused" ? "red" : "yellow";
  return <Badge color={colour} variant="light" tt="none" styles={READABLE}>{w.outcomes[outcome as keyof typeof w.outcomes] ?? outcome}</Badge>;
}

const READABLE = { label: { color: "var(--mantine-color-text)" } };

function Fact({ name, title, children }: { name: string; title?: string; children: ReactNode }) {
  return (
    <div {...(title && { title })}>
      <Text size="xs" className="quiet">{name}</Text>
      <Text size="md" fw={500} component="div">{children}</Text>
    </div>
  );
}

function Quota({ name }: { name: string }) {
  const quota = useQuota(name).data;
  if (!quota) return "–";
  return (
    <>
      {quota.limit == null ? showCount(quota.calls) : w.of(showCount(quota.calls), showCount(quota.limit))}
      {quota.limit != null && <Progress value={(quota.calls / quota.limit) * 100} size="xs" mt={4} aria-label={w.quota} />}
    </>
  );
}

function Details({ name, state }: { name: string; state: SourceState }) {
  const [tab, choose] = useState(state.last_run?.outcome === "running" ? "progress" : null);
  const { failed } = state.deliveries;
  const tabs: [string, string, ReactNode][] = [
    ["progress", w.progress, <Steps key="progress" name={name} isLive={state.last_run?.outcome === "running"} />],
    ["runs", w.runs, <Runs key="runs" name={name} />],
    ["problems", `${w.problems} (${showCount(state.problems)})`, <Problems key="problems" name={name} />],
    ["webhooks", `${w.intake}${failed > 0 ? ` (${showCount(failed)} ${w.failed})` : ""}`, <Deliveries key="webhooks" name={name} state={state} />],
    ["asked", running.sources.asked, <Requests key="asked" name={name} />],
    ["endpoints", `${w.endpoints} (${state.absent_endpoints.length + state.failed_calls.length})`, <Endpoints key="endpoints" state={state} />],
  ];
  return (
    <Tabs value={tab} onChange={choose} allowTabDeactivation keepMounted={false}>
      <TabList label={`${w.details}: ${name}`} tabs={tabs.map(([value, title]) => [value, title])} value={tab} choose={choose} none={w.details} />
      {tabs.map(([value, , panel]) => <Tabs.Panel key={value} value={value} pt="md">{panel}</Tabs.Panel>)}
    </Tabs>
  );
}

function Steps({ name, isLive }: { name: string; isLive: boolean }) {
  return (
    <Await query={useProgress(name, isLive)} height={160}>
      {({ data }) => (
        <Lines maxHeight={380}
          label={`${w.progress}: ${name}`} empty={w.noRun}
          head={[w.endpoint, w.done, w.changed, w.unchanged]}
          rows={data.map((step) => ({
            key: step.endpoint,
            cells: [
              step.endpoint,
              <Group key="done" gap="sm" wrap="nowrap">
                <Progress value={step.total ? (step.done / step.total) * 100 : 100} w={120} size="sm" aria-label={step.endpoint} />
                <span>{w.of(showCount(step.done), showCount(step.total))}{step.failed > 0 && <span className="bad"> · {showCount(step.failed)} {w.failed}</span>}</span>
              </Group>,
              showCount(step.rows_changed), showCount(step.rows_unchanged),
            ],
          }))}
        />
      )}
    </Await>
  );
}

function Runs({ name }: { name: string }) {
  return (
    <Await query={useRuns(name)} height={160}>
      {({ data }) => (
        <Lines maxHeight={380}
          label={`${w.runs}: ${name}`} empty={w.noRun}
          head={[w.began, w.ended, w.outcome, w.calls, w.failures, w.changed, w.problems]}
          rows={data.slice(0, 50).map((run) => ({
            key: run.started_at,
            cells: [
              exact(run.started_at), run.ended_at ? exact(run.ended_at) : "–",
              <span key="outcome" title={run.reason ?? ""}>{w.outcomes[run.outcome as keyof typeof w.outcomes] ?? run.outcome}</span>,
              showCount(run.calls), showCount(run.failures), showCount(run.rows_changed), showCount(run.problems),
            ],
          }))}
        />
      )}
    </Await>
  );
}

function Problems({ name }: { name: string }) {
  return (
    <Await query={useProblems(name)} height={160}>
      {({ data }) => (
        <Lines maxHeight={380}
          label={`${w.problems}: ${name}`} empty={w.noProblem}
          head={[w.endpoint, w.record, w.message, w.sinceWhen]}
          rows={data.map((problem) => ({
            key: `${problem.endpoint} ${problem.record} ${problem.path}`,
            cells: [problem.endpoint, <span key="record">{problem.record} {problem.path && <Code>{problem.path}</Code>}</span>, problem.message, since(problem.first_seen_at)],
          }))}
        />
      )}
    </Await>
  );
}

function Deliveries({ name, state: { deliveries } }: { name: string; state: SourceState }) {
  return (
    <Stack gap="sm">
      <Webhook name={name} />
      {deliveries.failures.length > 0 && (
        <Lines maxHeight={380}
          label={w.intake} empty="" head={[w.message, w.count, w.lastSeen]}
          rows={deliveries.failures.map((failure) => ({ key: failure.reason, cells: [failure.reason, showCount(failure.count), since(failure.last_at)] }))}
        />
      )}
    </Stack>
  );
}

function Endpoints({ state }: { state: SourceState }) {
  const rows = [
    ...state.absent_endpoints.map((absent) => ({ key: `absent ${absent.endpoint}`, cells: [absent.endpoint, absent.reason, w.askedAgain(exact(absent.ask_again_at))] })),
    ...state.failed_calls.map((call, index) => ({ key: `failed ${index}`, cells: [call.endpoint, call.reason, w.nextRun] })),
  ];
  return <Lines maxHeight={380} label={w.endpoints} empty={w.allAnswer} head={[w.endpoint, w.message, w.then]} rows={rows} />;
}
