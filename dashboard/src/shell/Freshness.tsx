/** How fresh what is shown is, source by source. */
import { Badge, Group, Popover, Stack, Text, UnstyledButton } from "@mantine/core";
import { api } from "../api/client";
import { useIsInsider } from "../api/session";
import { exact, since } from "../time";
import { words } from "../words";

/** Older than this and somebody should look. */
const OLD_MS = 26 * 3_600_000;

export function Freshness() {
  const enabled = useIsInsider();
  const sources = api.useQuery("get", "/api/v1/sources", {}, { staleTime: 15_000, refetchInterval: 60_000, enabled }).data?.data ?? [];
  const active = sources.filter((source) => source.status !== "archived");
  const times = active.map((source) => source.last_sync_at);
  const oldest = times.some((time) => !time) ? undefined : times.map(String).sort()[0];
  if (active.length === 0) return null;
  const isOld = !oldest || Date.now() - Date.parse(oldest) > OLD_MS;
  return (
    <Popover position="bottom-start" shadow="md">
      <Popover.Target>
        <UnstyledButton title={words.freshness.title}>
          <Badge variant="light" color={isOld ? "yellow" : "teal"} size="md" tt="none" styles={{ label: { color: "var(--mantine-color-text)" } }} style={{ cursor: "pointer" }}>
            {oldest ? words.freshness.oldest(since(oldest)) : words.freshness.never}
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
              </Text>
            </Group>
          ))}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
