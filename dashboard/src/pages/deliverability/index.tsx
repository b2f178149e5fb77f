/** Deliverability: what stands against it, and mailboxes and domains by how much of their mail comes back. */
import { SegmentedControl } from "@mantine/core";
import { EVERY } from "../../api/lists";
import { useIsInsider } from "../../api/session";
import { useFilters } from "../../search";
import { PageFrame } from "../../shell/Shell";
import { words } from "../../words";
import { mail } from "../../words/mail";
import { Alerts } from "./Alerts";
import { Domains, Mailboxes } from "./Boxes";
import { NAMES } from "./query";

const w = mail.mailboxes;
const TABS = ["mailboxes", "domains", "alerts"] as const;

export default function Deliverability() {
  const { search, change } = useFilters();
  const isInsider = useIsInsider();
  const tabs = TABS.filter((name) => isInsider || name !== "alerts");
  const tab = tabs.find((name) => name === search.tab) ?? "mailboxes";
  return (
    <PageFrame
      title={words.nav.deliverability} hasPeriod={tab !== "alerts"} filters={tab === "alerts" ? NAMES : EVERY}
      aside={
        <SegmentedControl
          size="xs" value={tab} aria-label={w.what} data={tabs.map((value) => ({ value, label: w.tabs[value] }))}
          onChange={(next) => change({ tab: next === "mailboxes" ? undefined : next, sort: undefined, page: undefined, hide: undefined, q: undefined, only: undefined })}
        />
      }
    >
      {tab === "mailboxes" && <Mailboxes />}
      {tab === "domains" && <Domains />}
      {tab === "alerts" && <Alerts />}
    </PageFrame>
  );
}
