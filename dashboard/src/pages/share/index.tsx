/** What whoever has a share link sees: one client's report, and no way elsewhere. */
import { Box, Button, Group, Stack, Tabs, Text, Title } from "@mantine/core";
import { IconPrinter } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { whoIsHere } from "../../api/session";
import { useFilters } from "../../search";
import { FilterBar } from "../../shell/FilterBar";
import { Await } from "../../states/Await";
import { words } from "../../words";
import { Report } from "../client/Report";
import { Week } from "../client/Week";

export default function Share() {
  const query = useQuery(whoIsHere);
  const { search, change } = useFilters();
  const tab = search.tab === "figures" ? "figures" : "week";
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
            <Tabs value={tab} onChange={(next) => change({ tab: next === "figures" ? next : undefined })} keepMounted={false}>
              <Tabs.List mb="md" className="no-print">
                <Tabs.Tab value="week">{words.week.tabs.week}</Tabs.Tab>
                <Tabs.Tab value="figures">{words.week.tabs.figures}</Tabs.Tab>
              </Tabs.List>
              <Tabs.Panel value="week">{client && <Week client={client} isShared />}</Tabs.Panel>
              <Tabs.Panel value="figures"><Stack gap="md"><FilterBar hasPeriod filters={[]} /><Report client={undefined} isShared /></Stack></Tabs.Panel>
            </Tabs>
            <Text size="xs" className="quiet">{words.share.about}</Text>
          </Stack>
        )}
      </Await>
    </Box>
  );
}
