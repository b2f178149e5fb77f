/** What stands against delivery and true figures: how bad, since when, on what evidence, and what to do. */
import { Anchor, Badge, Button, Flex, Group, Paper, Stack, Switch, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMayWrite } from "../../api/session";
import { showCount, showRate, UNKNOWN } from "../../figures/figure";
import { useFilters } from "../../search";
import { Refused } from "../../sources/Deeds";
import { Await, Empty } from "../../states/Await";
import type { Cell } from "../../table/csv";
import { CsvButton } from "../../table/CsvButton";
import { exact, since } from "../../time";
import { mail } from "../../words/mail";
import { type Alert, useAcknowledge, useAlerts } from "./query";

const w = mail.alerts;

export function Alerts() {
  const { search, change } = useFilters();
  const acknowledge = useAcknowledge();
  return (
    <Stack gap="sm">
      <Group gap="md">
        <Switch size="xs" label={w.alsoOver} checked={search.only === "all"} onChange={(event) => change({ only: event.currentTarget.checked ? "all" : undefined })} />
        <Anchor component={Link} to="/settings" search={{ tab: "thresholds" } as never} size="sm">{w.thresholds}</Anchor>
        <Anchor component={Link} to="/settings" search={{ tab: "notices" } as never} size="sm">{w.notices}</Anchor>
      </Group>
      <Text size="xs" className="quiet" maw={820}>{w.notTold}</Text>
      <Refused error={acknowledge.error} />
      <Await query={useAlerts()} height={420}>
        {(alerts) => alerts.length === 0 ? <Paper><Empty why={w.none} todo={w.noneTodo} /></Paper> : (
          <>
          <Group justify="flex-end"><CsvButton name={w.title} head={HEAD} rows={() => alerts.map(lineOf)} /></Group>
          <Stack gap="sm" component="ul" style={{ listStyle: "none", margin: 0, padding: 0 }} aria-label={w.title}>
            {alerts.map((alert) => <One key={alert.alert_id} alert={alert} acknowledge={(isNoted) => acknowledge.mutate({ id: alert.alert_id, isNoted })} />)}
          </Stack>
          </>
        )}
      </Await>
    </Stack>
  );
}

const HEAD = [...w.head];

const lineOf = (alert: Alert): Cell[] => [
  alert.resolved_at ? w.over : alert.level, w.kinds[alert.kind as keyof typeof w.kinds] ?? alert.kind, alert.subject_name ?? alert.subject_id, alert.source_name, alert.trend ?? null,
  alert.opened_at, alert.resolved_at ?? null, alert.acknowledged_by ?? null, alert.advice,
];

const TRENDS = { rising: "↗", falling: "↘", steady: "→" } as const;

function One({ alert, acknowledge }: { alert: Alert; acknowledge: (isNoted: boolean) => void }) {
  const mayWrite = useMayWrite();
  const isCritical = alert.level === "critical";
  const isOver = alert.resolved_at != null;
  const trend = alert.trend as keyof typeof TRENDS;
  return (
    <Paper component="li" data-alert={alert.alert_id} style={{ borderLeft: `4px solid var(${isOver ? "--mantine-color-default-border" : isCritical ? "--atlas-bad" : "--atlas-warn"})` }}>
      <Flex direction={{ base: "column", sm: "row" }} justify="space-between" align="flex-start" gap="md">
        <Stack gap={6} style={{ minWidth: 0 }}>
          <Group gap="sm">
            <Badge variant="light" tt="none" color={isOver ? "gray" : isCritical ? "red" : "yellow"} styles={{ label: { color: "var(--mantine-color-text)" } }}>
              {isOver ? `✓ ${w.over}` : isCritical ? `✕ ${w.levels.critical}` : `⚠ ${w.levels.warning}`}
            </Badge>
            <Title order={2} fz={14}>{w.kinds[alert.kind as keyof typeof w.kinds] ?? alert.kind.replaceAll("_", " ")}</Title>
            <Text size="sm" fw={500} style={{ overflowWrap: "anywhere" }}>{alert.subject_name ?? alert.subject_id}</Text>
            <Text size="xs" className="quiet">{w.scopes[alert.scope as keyof typeof w.scopes] ?? alert.scope} · {alert.source_name}</Text>
          </Group>
          <Evidence evidence={alert.evidence as Record<string, unknown>} />
          <Text size="sm"><b>{w.todo}</b> {alert.advice}</Text>
          <Text size="xs" className="quiet">
            <span title={exact(alert.opened_at)}>{w.since(since(alert.opened_at))}</span>
            {!isOver && trend in TRENDS && <> · <span className={trend === "steady" ? "" : "warn"}>{TRENDS[trend]} {w.trends[trend]}</span></>}
            {" · "}{w.changed(since(alert.updated_at))}
            {isOver && <> · {w.overSince(since(alert.resolved_at))}</>}
            {alert.acknowledged_by && <> · <b>{w.notedBy(alert.acknowledged_by)}</b>{alert.acknowledged_at && ` ${since(alert.acknowledged_at)}`}</>}
          </Text>
        </Stack>
        {mayWrite && !isOver && (
          <Button
            variant={alert.acknowledged_by ? "subtle" : "default"} style={{ flex: "none" }} aria-label={`${alert.acknowledged_by ? w.takeBack : w.acknowledge}: ${alert.subject_name ?? alert.subject_id}`}
            onClick={() => acknowledge(!alert.acknowledged_by)}
          >
            {alert.acknowledged_by ? w.takeBack : w.acknowledge}
          </Button>
        )}
      </Flex>
    </Paper>
  );
}

/** Every number that shows it, by its name; rates as rates, texts of the service as they are. */
function Evidence({ evidence }: { evidence: Record<string, unknown> }) {
  const entries = Object.entries(evidence ?? {}).filter(([, value]) => value !== null && typeof value !== "object");
  if (entries.length === 0) return null;
  return (
    <Group gap="md" aria-label={w.evidence} role="group">
      {entries.map(([name, value]) => (
        <Text key={name} size="sm"><span className="quiet">{name.replaceAll("_", " ")}</span> <b style={{ overflowWrap: "anywhere" }}>{say(name, value)}</b></Text>
      ))}
    </Group>
  );
}

function say(name: string, value: unknown): string {
  if (typeof value === "number") return isShare(name, value) ? showRate(value) : Number.isInteger(value) ? showCount(value) : value.toFixed(2);
  if (typeof value === "string") return /^\d{4}-\d{2}-\d{2}T/.test(value) ? exact(value) : value;
  return typeof value === "boolean" ? (value ? mail.copy.yes : mail.copy.no) : UNKNOWN;
}

/** A threshold is of what it is held against: a reputation's is no share. */
const isShare = (name: string, value: number): boolean => /rate|share|probability/.test(name) || (name === "threshold" && value <= 1);
