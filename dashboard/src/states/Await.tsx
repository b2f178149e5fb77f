/** What a page shows while it waits, when there is nothing, when it failed, and when what it shows is old. */
import { Alert, Button, Code, Group, Skeleton, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconRefresh } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Failure } from "../api/client";
import { words } from "../words";

/** What is waited for, however it is asked. */
export type Waiting<Data> = { data: Data | undefined; isError: boolean; error: unknown; dataUpdatedAt: number; refetch: () => unknown };

type Props<Data> = {
  query: Waiting<Data>;
  /** How high the figures will be, on a phone and on a desk, so that nothing moves when they come. */
  height?: Height;
  children: (data: Data) => ReactNode;
};

type Height = number | { base: number; sm?: number; md?: number; lg?: number };

export function Await<Data>({ query, height = 160, children }: Props<Data>) {
  if (query.data !== undefined) {
    return (
      <>
        {query.isError && <Stale since={query.dataUpdatedAt} retry={() => void query.refetch()} />}
        {children(query.data)}
      </>
    );
  }
  if (query.isError) return <Failed error={query.error} retry={() => void query.refetch()} height={height} />;
  return (
    <div role="status" aria-label={words.states.loading}>
      <Skeleton h={height} radius="md" />
    </div>
  );
}

export function Failed({ error, retry, height }: { error: unknown; retry: () => void; height?: Height }) {
  const failure = error instanceof Failure ? error : undefined;
  return (
    <Alert color="red" variant="light" title={failure?.title ?? words.states.failed} icon={<IconAlertTriangle />} mih={height ?? 0}>
      <Stack gap="sm" align="flex-start">
        <Text size="sm">{failure?.detail ?? words.states.unreachable}</Text>
        <Group gap="sm">
          <Button variant="default" leftSection={<IconRefresh size={14} />} onClick={retry}>
            {words.states.retry}
          </Button>
          {failure?.requestId && (
            <Text size="xs">
              {words.states.requestId} <Code>{failure.requestId}</Code>
            </Text>
          )}
        </Group>
      </Stack>
    </Alert>
  );
}

function Stale({ since, retry }: { since: number; retry: () => void }) {
  return (
    <Alert color="yellow" variant="light" mb="sm" p="sm">
      <Group gap="sm">
        <Text size="sm">{words.states.stale(new Date(since).toLocaleTimeString())}</Text>
        <Button variant="subtle" size="compact-xs" onClick={retry}>
          {words.states.retry}
        </Button>
      </Group>
    </Alert>
  );
}

export function Empty({ why, todo }: { why: string; todo?: ReactNode }) {
  return (
    <Stack align="center" gap="xs" py="xl">
      <Text fw={600}>{why}</Text>
      {todo && (
        <Text size="sm" className="quiet" ta="center" maw={480} component="div">
          {todo}
        </Text>
      )}
    </Stack>
  );
}
