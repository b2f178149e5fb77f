/** Replies: what people wrote back, the newest first, and the thread of each. */
import { Badge, Button, Drawer, Group, NativeSelect, Paper, Stack, Switch, Table, Text, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import { EVERY } from "../../api/lists";
import { showRate } from "../../figures/figure";
import { useFilters } from "../../search";
import { PageFrame } from "../../shell/Shell";
import { Await, Empty } from "../../states/Await";
import { exact } from "../../time";
import { words } from "../../words";
import { type Reply, useReplies, useThread } from "./query";

const w = words.replies;

/** The classes that replies are sorted into. */
const INTENTS = [
  "interested", "meeting_request", "question", "referral", "not_now", "neutral", "not_interested", "out_of_office", "unsubscribe", "unsorted",
];

export default function Replies() {
  const { search, change } = useFilters();
  const query = useReplies();
  const [open, setOpen] = useState<Reply>();
  const lines = query.data?.pages.flat();
  return (
    <PageFrame title={words.nav.replies} filters={EVERY}>
      <Group gap="sm">
        <NativeSelect size="xs" aria-label={w.intent} value={search.tab ?? ""} onChange={(event) => change({ tab: event.currentTarget.value || undefined })} data={[{ value: "", label: w.all }, ...INTENTS.map((value) => ({ value, label: sayIntent(value) }))]} />
        <Switch size="xs" label={w.onlyReview} checked={search.q === "review"} onChange={(event) => change({ q: event.currentTarget.checked ? "review" : undefined })} />
      </Group>
      <Paper>
        <Await query={{ ...query, data: lines }} height={480}>
          {(replies) => replies.length === 0 ? <Empty why={w.none} todo={w.noneTodo} /> : (
            <Stack gap="sm">
              <div className="scroll" tabIndex={0} role="region" aria-label={words.nav.replies}>
                <Table aria-label={words.nav.replies} highlightOnHover>
                  <Table.Thead><Table.Tr><Table.Th>{w.when}</Table.Th><Table.Th>{w.who}</Table.Th><Table.Th>{w.intent}</Table.Th><Table.Th>{w.text}</Table.Th><Table.Th>{words.filters.campaign}</Table.Th></Table.Tr></Table.Thead>
                  <Table.Tbody>
                    {replies.map((reply) => (
                      <Table.Tr key={keyOf(reply)}>
                        <Table.Td style={{ whiteSpace: "nowrap" }}>{exact(reply.occurred_at)}</Table.Td>
                        <Table.Td><UnstyledButton fz={14} c="var(--mantine-color-anchor)" onClick={() => setOpen(reply)}>{reply.lead_name ?? reply.lead_email ?? reply.contact_id ?? "–"}</UnstyledButton></Table.Td>
                        <Table.Td><Intent reply={reply} /></Table.Td>
                        <Table.Td><span className="cut" style={{ maxWidth: "32rem" }}>{reply.body_plain ?? <span className="quiet">{reply.subject ?? w.noText}</span>}</span></Table.Td>
                        <Table.Td><span className="cut">{reply.campaign_name ?? reply.campaign_id}</span></Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </div>
              {query.hasNextPage && <Button variant="default" onClick={() => void query.fetchNextPage()} loading={query.isFetchingNextPage} style={{ alignSelf: "center" }}>{w.more}</Button>}
            </Stack>
          )}
        </Await>
      </Paper>
      <Drawer opened={Boolean(open)} onClose={() => setOpen(undefined)} position="right" size="lg" title={open?.lead_name ?? open?.lead_email ?? w.thread} closeButtonProps={{ "aria-label": words.keys.close }}>
        {open && <Thread reply={open} />}
      </Drawer>
    </PageFrame>
  );
}

const keyOf = (reply: Reply) => `${reply.source_id} ${reply.campaign_id} ${reply.event_key}`;
const sayIntent = (intent: string) => (intent === "unsorted" ? w.unsorted : intent.replaceAll("_", " "));

function Intent({ reply }: { reply: Reply }) {
  if (!reply.reply_category) return <Text span size="sm" className="quiet">{w.unsorted}</Text>;
  return (
    <Group gap={6} wrap="nowrap">
      <Badge variant="light" color={reply.is_positive ? "teal" : "gray"} tt="none" styles={{ label: { color: "var(--mantine-color-text)" } }}>{reply.is_positive && "▲ "}{sayIntent(reply.reply_category)}</Badge>
      {reply.needs_review && <Text span size="xs" className="warn" style={{ whiteSpace: "nowrap" }}>? {w.review}</Text>}
    </Group>
  );
}

function Thread({ reply }: { reply: Reply }) {
  return (
    <Stack gap="md">
      <Text size="sm" className="quiet">{reply.campaign_name} · {reply.source_name}{reply.confidence != null && ` · ${w.confidence(showRate(reply.confidence))}`}</Text>
      <Await query={useThread(reply)} height={300}>
        {(messages) => (
          <Stack gap="sm">
            {messages.map((message) => (
              <Paper key={message.event_key} p="sm" ml={message.event === "sent" ? 0 : "lg"} bg={message.event === "sent" ? undefined : "var(--atlas-ground)"}>
                <Text size="xs" className="quiet">{message.event === "sent" ? `${w.sent} (${message.from_email ?? "–"})` : (message.lead_email ?? "–")} · {exact(message.occurred_at)}</Text>
                {message.subject && <Text size="sm" fw={600}>{message.subject}</Text>}
                <Text size="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{message.body_plain ?? <span className="quiet">{w.noText}</span>}</Text>
              </Paper>
            ))}
          </Stack>
        )}
      </Await>
    </Stack>
  );
}
