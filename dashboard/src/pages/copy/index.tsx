/** Copy: which templates do best, what of their text goes with replies, and which wear off. */
import { Paper, SegmentedControl, Text } from "@mantine/core";
import { EVERY } from "../../api/lists";
import { useFilters } from "../../search";
import { PageFrame } from "../../shell/Shell";
import { words } from "../../words";
import { mail } from "../../words/mail";
import { Decays } from "./Decays";
import { Patterns } from "./Patterns";
import { Variants } from "./Variants";

const w = mail.copy;
const TABS = ["variants", "patterns", "decay"] as const;

export default function Copy() {
  const { search, change } = useFilters();
  const tab = TABS.find((name) => name === search.tab) ?? "variants";
  return (
    <PageFrame
      title={words.nav.copy} hasPeriod={false} filters={tab === "patterns" ? ["client", "platform"] : EVERY}
      aside={
        <SegmentedControl
          size="xs" value={tab} aria-label={w.what} data={TABS.map((value) => ({ value, label: w.tabs[value] }))}
          onChange={(next) => change({ tab: next === "variants" ? undefined : next, sort: undefined, page: undefined, hide: undefined, q: undefined, id: undefined })}
        />
      }
    >
      <Text className="quiet" size="sm" maw={820}>{w.abouts[tab]}</Text>
      {tab === "variants" && <Variants />}
      {tab === "patterns" && <Paper><Patterns /></Paper>}
      {tab === "decay" && <Decays />}
    </PageFrame>
  );
}
