/** What needs somebody, first of all. */
import { Anchor, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Search } from "../../search";
import { useChoices } from "../../shell/choices";
import { Await } from "../../states/Await";
import { CsvButton } from "../../table/CsvButton";
import { words } from "../../words";
import { type Need, useAttention } from "./query";

const FIRST = 4;
/** What is below stays where it is when they come. */
const HEIGHT = { base: 258, sm: 185 };

export function Attention() {
  const query = useAttention();
  const [isWhole, setIsWhole] = useState(false);
  return (
    <Await query={query} height={HEIGHT}>
      {(needs) => (
        <Paper component="section" aria-label={words.overview.attention} mih={HEIGHT}>
          <Group justify="space-between" mb="sm">
            <Title order={2}>{words.overview.attention}</Title>
            {needs.length > 0 && <CsvButton isSmall name={words.overview.attention} head={[...words.overview.needs]} rows={() => needs.map((need) => [need.level, need.subject, need.text])} />}
          </Group>
          {needs.length === 0 ? (
            <Group gap="sm"><IconCircleCheck size={18} className="good" aria-hidden="true" /><Text size="sm">{words.overview.calm}</Text></Group>
          ) : (
            <Stack gap={6} component="ul" style={{ listStyle: "none", margin: 0, padding: 0 }}>
              {(isWhole ? needs : needs.slice(0, FIRST)).map((need) => <Entry key={`${need.kind} ${need.subject} ${need.text}`} need={need} />)}
              {needs.length > FIRST && (
                <li>
                  <Anchor component="button" type="button" size="xs" onClick={() => setIsWhole(!isWhole)}>
                    {isWhole ? words.overview.fewer : words.overview.more(needs.length - FIRST)}
                  </Anchor>
                </li>
              )}
            </Stack>
          )}
        </Paper>
      )}
    </Await>
  );
}

function Entry({ need }: { need: Need }) {
  return (
    <li>
      <Group gap="sm" wrap="nowrap" align="flex-start">
        <IconAlertTriangle size={16} className={need.level === "critical" ? "bad" : "warn"} aria-hidden="true" style={{ flex: "none", marginTop: 2 }} />
        <Text size="sm"><Target need={need} /> {need.text}</Text>
      </Group>
    </li>
  );
}

/** What it is about leads there. */
function Target({ need: { subject, link } }: { need: Need }) {
  const source = useChoices().source.find((choice) => choice.id === link.source_id)?.value;
  const there = (to: string, search: Search = {}) => <Anchor component={Link} to={to} search={search as never} fw={600}>{subject}</Anchor>;
  if (link.page === "sources") return there("/health", { source });
  if (link.page === "accounts") return there("/mailboxes", { q: subject });
  if (link.page === "replies") return there("/replies", { source });
  if (source && link.id) {
    return <Anchor component={Link} to="/campaigns/$source/$campaign" params={{ source, campaign: link.id } as never} fw={600}>{subject}</Anchor>;
  }
  return there("/campaigns");
}
