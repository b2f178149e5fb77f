/** A client: its week on one page, its figures of any period, and what it is promised. */
import { Anchor, Button, Group, SegmentedControl } from "@mantine/core";
import { IconPrinter } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { useFilters } from "../../search";
import { PageFrame } from "../../shell/Shell";
import { words } from "../../words";
import { running } from "../../words/running";
import { Report } from "./Report";
import { Targets } from "./Targets";
import { Week } from "./Week";

const TABS = ["week", "figures", "targets"] as const;

export default function ClientPage() {
  const { client } = useParams({ strict: false }) as { client: string };
  const { search, change } = useFilters();
  const tab = TABS.find((name) => name === search.tab) ?? "week";
  return (
    <PageFrame
      title={client} hasPeriod={tab === "figures"}
      aside={
        <Group gap="sm" className="no-print">
          <SegmentedControl
            size="xs" value={tab} aria-label={words.week.what} data={TABS.map((value) => ({ value, label: words.week.tabs[value] }))}
            onChange={(next) => change({ tab: next === "week" ? undefined : next, id: undefined })}
          />
          <Anchor component={Link} to="/settings" search={{ tab: "links" } as never} size="sm">{running.settings.links}</Anchor>
          <Anchor component={Link} to="/clients" size="sm">← {words.clients.all}</Anchor>
          <Button variant="default" leftSection={<IconPrinter size={14} />} onClick={() => window.print()}>{words.clients.print}</Button>
        </Group>
      }
    >
      {tab === "week" && <Week client={client} />}
      {tab === "figures" && <Report client={client} />}
      {tab === "targets" && <Targets client={client} />}
    </PageFrame>
  );
}
