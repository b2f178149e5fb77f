/** How fresh what is shown is, source by source. */
import { Badge, Group, Popover, Stack, Text, UnstyledButton } from "@mantine/core";
import { api } from "../api/client";
import { useIsInsider } from "../api/session";
import { exact, since } from "../time";
import { words } from "../words";

/** Whether what was read of a source is older than its schedule wants. */
const isLate = ({ late_at }: { late_at?: string | null }): boolean => !late_at || Date.now() > Date.parse(late_at);

export function Freshness() {
  const enabled = useIsInsider();
  const sources = api.useQuery("get", "/api/v1/sources", {}, { staleTime: 15_000, refetchInterval: 60_000, enabled }).data?.data ?? [];
  const active = sources.filter((source) => source.status !== "archived");
  const times = active.map((source) => source.last_sync_at);
  const oldest = times.some((time) => !time) ? undefined : times.map(String).sort()[0];
  if (active.length === 0) return null;
  const late = active.filter(isLate);
  return (
    <Popover position="bottom-start" shadow="md">
      <Popover.Target>
        <UnstyledButton title={words.freshness.title}>
          <Badge variant="light" color={late.length > 0 ? "yellow" : "teal"} size="md" tt="none" styles={{ label: { color: "var(--mantine-color-text)" } }} style={{ cursor: "pointer" }}>
            {late.length > 0 && "⚠ "}{oldest ? words.freshness.oldest(since(oldest)) : times.some(Boolean) ? words.freshness.partly : words.freshness.never}{oldest && late.length > 0 && ` · ${words.freshness.late}`}
          </Badge>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="sm">
          <Text fw={600}>{words.freshness.title}</Text>
          {active.map((source) => (
            <Group key={source.name} justify="space-between" gap="lg">
              <Text size="sm">{source.name}</Text>
              <Text size="sm" className="quiet" title={exact(source.last_sync_at)}>
                {source.last_sync_at ? since(source.last_sync_at) : words.freshness.never}
                {source.last_sync_at && isLate(source) && <span className="warn"> ⚠ {words.freshness.lateBy(source.settings.schedule ?? "")}</span>}
              </Text>
            </Group>
          ))}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
