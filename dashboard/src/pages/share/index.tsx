/** What whoever has a share link sees: one client's report, and no way elsewhere. */
import { Box, Button, Group, Stack, Text, Title } from "@mantine/core";
import { IconPrinter } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { whoIsHere } from "../../api/session";
import { FilterBar } from "../../shell/FilterBar";
import { Await } from "../../states/Await";
import { words } from "../../words";
import { Report } from "../client/Report";

export default function Share() {
  const query = useQuery(whoIsHere);
  const client = query.data?.client ?? undefined;
  useEffect(() => {
    document.title = `${client ?? words.share.title} · ${words.product}`;
  }, [client]);
  return (
    <Box component="main" p="md" maw={1200} mx="auto">
      <Await query={query} height={400}>
        {() => (
          <Stack gap="md">
            <Group justify="space-between">
              <Group gap="sm"><img src="/favicon.svg" width={24} height={24} alt="" /><Title order={1}>{client}</Title></Group>
              <Button className="no-print" variant="default" leftSection={<IconPrinter size={14} />} onClick={() => window.print()}>{words.clients.print}</Button>
            </Group>
            <FilterBar hasPeriod filters={[]} />
            <Report client={undefined} isShared />
            <Text size="xs" className="quiet">{words.share.about}</Text>
          </Stack>
        )}
      </Await>
    </Box>
  );
}
