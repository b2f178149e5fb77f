/** Settings: sources, webhooks, thresholds, notices, what words mean, users, tokens, share links, and who changed what. */
import { Tabs } from "@mantine/core";
import { useIsAdmin } from "../../api/session";
import { useFilters } from "../../search";
import { PageFrame } from "../../shell/Shell";
import { TabList } from "../../shell/TabList";
import { words } from "../../words";
import { running } from "../../words/running";
import { Log, ShareLinks, Tokens, Users } from "./Access";
import { Maps } from "./Maps";
import { Notices } from "./Notices";
import { Sources } from "./Sources";
import { Thresholds } from "./Thresholds";
import { Webhooks } from "./Webhooks";

const w = running.settings;

/** In their order; the last ones are an admin's. */
const TABS = [
  { name: "sources", title: w.sources, Panel: Sources },
  { name: "webhooks", title: running.webhooks.title, Panel: Webhooks },
  { name: "thresholds", title: running.thresholds.title, Panel: Thresholds },
  { name: "notices", title: running.notices.title, Panel: Notices },
  { name: "maps", title: running.maps.title, Panel: Maps },
  { name: "links", title: w.links, Panel: ShareLinks },
  { name: "users", title: w.users, Panel: Users, isForAdmins: true },
  { name: "tokens", title: w.tokens, Panel: Tokens, isForAdmins: true },
  { name: "log", title: w.log, Panel: Log, isForAdmins: true },
];

export default function Settings() {
  const { search, change } = useFilters();
  const isAdmin = useIsAdmin();
  const tabs = TABS.filter((tab) => isAdmin || !tab.isForAdmins);
  const choose = (tab: string | null) => change({ tab: tab && tab !== "sources" ? tab : undefined });
  const tab = search.tab ?? "sources";
  return (
    <PageFrame title={words.nav.settings} hasPeriod={false}>
      <Tabs value={tab} onChange={choose} keepMounted={false}>
        <TabList label={words.nav.settings} tabs={tabs.map(({ name, title }) => [name, title])} value={tab} choose={choose} />
        {tabs.map(({ name, Panel }) => <Tabs.Panel key={name} value={name} pt="md"><Panel /></Tabs.Panel>)}
      </Tabs>
    </PageFrame>
  );
}
