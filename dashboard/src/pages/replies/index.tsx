/** Replies: what people wrote back and want, the newest first; read, and corrected where they were misunderstood, by keyboard. */
import { Box, Button, Drawer, Group, Kbd, NativeSelect, Paper, SegmentedControl, Stack, Text } from "@mantine/core";
import { useHotkeys, useMediaQuery } from "@mantine/hooks";
import { useEffect, useRef } from "react";
import { EVERY } from "../../api/lists";
import { useMayWrite } from "../../api/session";
import { showCount, showRate } from "../../figures/figure";
import { useFilters } from "../../search";
import { PageFrame } from "../../shell/Shell";
import { Refused } from "../../sources/Deeds";
import { Await, Empty } from "../../states/Await";
import type { Cell } from "../../table/csv";
import { CsvButton } from "../../table/CsvButton";
import { exact, since } from "../../time";
import { words } from "../../words";
import { mail } from "../../words/mail";
import { INTENTS, Intent, sayIntent } from "./intents";
import { CONFIDENCES, type Reply, useCorrect, useIntents, useReplies } from "./query";
import { Thread } from "./Thread";

const w = mail.replies;

export default function Replies() {
  const query = useReplies();
  const lines = query.data?.pages.flat();
  return (
    <PageFrame title={words.nav.replies} filters={EVERY}>
      <Asked />
      <Await query={{ ...query, data: lines }} height={520}>
        {(replies) => replies.length === 0
          ? <Paper><Empty why={w.none} todo={w.noneTodo} /></Paper>
          : <Inbox replies={replies} more={query.hasNextPage ? () => void query.fetchNextPage() : undefined} isMoreComing={query.isFetchingNextPage} />}
      </Await>
    </PageFrame>
  );
}

const ONLY = ["positive", "review", "corrected"] as const;

/** What is looked for: a class, what needs somebody, how sure. */
function Asked() {
  const { search, change } = useFilters();
  const intents = useIntents().data ?? [];
  const ask = (some: Parameters<typeof change>[0]) => change({ ...some, id: undefined });
  const counted = (intent: string) => intents.find((line) => (line.reply_category ?? "unsorted") === intent)?.replies ?? 0;
  const review = intents.reduce((all, line) => all + line.needs_review, 0);
  return (
    <Group gap="sm">
      <NativeSelect
        size="xs" aria-label={w.intent} value={search.tab ?? ""} onChange={(event) => ask({ tab: event.currentTarget.value || undefined })}
        data={[{ value: "", label: w.all }, ...[...INTENTS, "unsorted"].map((value) => ({ value, label: `${sayIntent(value)} (${showCount(counted(value))})` }))]}
      />
      <SegmentedControl
        size="xs" aria-label={w.which} value={ONLY.find((name) => name === search.only) ?? "all"} onChange={(next) => ask({ only: next === "all" ? undefined : next })}
        data={[{ value: "all", label: w.everyone }, { value: "positive", label: w.onlyPositive }, { value: "review", label: `${w.onlyReview} (${showCount(review)})` }, { value: "corrected", label: w.onlyCorrected }]}
      />
      <NativeSelect
        size="xs" aria-label={w.sureness} value={search.scope && search.scope in CONFIDENCES ? search.scope : ""} onChange={(event) => ask({ scope: event.currentTarget.value || undefined })}
        data={[{ value: "", label: w.anySure }, ...Object.entries(CONFIDENCES).map(([value, most]) => ({ value, label: w.atMost(showRate(most)) }))]}
      />
    </Group>
  );
}

const keyOf = (reply: Reply) => `${reply.source_id} ${reply.campaign_id} ${reply.event_key}`;

function Inbox({ replies, more, isMoreComing }: { replies: Reply[]; more: (() => void) | undefined; isMoreComing: boolean }) {
  const { search, change } = useFilters();
  const mayCorrect = useMayWrite();
  const correct = useCorrect();
  const isWide = useMediaQuery("(min-width: 75em)", true);
  const at = replies.findIndex((reply) => keyOf(reply) === search.id);
  // Beside the list there is always one; over it, only when somebody opens it.
  const shown = at >= 0 ? replies[at] : isWide ? replies[0] : undefined;
  const show = (reply: Reply | undefined) => change({ id: reply && keyOf(reply) }, true);
  const step = (by: number) => show(replies[Math.max(0, Math.min(replies.length - 1, (at < 0 ? 0 : at) + (at < 0 && by > 0 && !isWide ? 0 : by)))]);
  const say = (intent: string | undefined) => {
    if (!shown || !mayCorrect) return;
    const next = replies[replies.indexOf(shown) + 1];
    correct.mutate({ reply: shown, intent }, { onSuccess: () => search.only === "review" && next && show(next) });
  };
  useHotkeys([
    ["j", () => step(1)], ["k", () => step(-1)], ["ArrowDown", () => step(1)], ["ArrowUp", () => step(-1)],
    ...INTENTS.map((intent, index) => [String(index + 1), () => say(intent)] as [string, () => void]),
    ["0", () => say(undefined)],
  ]);
  const thread = shown && <Thread key={keyOf(shown)} reply={shown} correct={say} mayCorrect={mayCorrect} />;
  return (
    <>
      <Refused error={correct.error} />
      <div className={isWide ? "inbox" : ""}>
        <Paper p={0} style={{ minWidth: 0 }}>
          <Group justify="space-between" p="sm" gap="sm" wrap="nowrap" className="no-print">
          <Text size="xs" className="quiet" visibleFrom="sm"><Kbd size="xs">J</Kbd> <Kbd size="xs">K</Kbd> {w.keys.move}{mayCorrect && <> · <Kbd size="xs">1</Kbd>–<Kbd size="xs">9</Kbd> {w.keys.correct} · <Kbd size="xs">0</Kbd> {w.keys.back}</>}</Text>
          <CsvButton name={words.nav.replies} head={[...w.head]} rows={() => replies.map(lineOf)} />
          </Group>
          <Box component="ul" className="letters" aria-label={words.nav.replies}>
            {replies.map((reply) => <Entry key={keyOf(reply)} reply={reply} isShown={shown === reply} show={() => show(reply)} />)}
          </Box>
          {more && <Group justify="center" p="sm"><Button variant="default" onClick={more} loading={isMoreComing}>{w.more}</Button></Group>}
        </Paper>
        {isWide && <Paper component="section" aria-label={w.thread} className="aside">{thread}</Paper>}
      </div>
      {!isWide && (
        <Drawer opened={Boolean(shown)} onClose={() => show(undefined)} position="right" size="lg" title={w.thread} closeButtonProps={{ "aria-label": words.keys.close }}>{thread}</Drawer>
      )}
    </>
  );
}

const lineOf = (reply: Reply): Cell[] => [
  reply.occurred_at, reply.lead_name ?? null, reply.lead_email ?? null, reply.client_name ?? null, reply.campaign_name ?? reply.campaign_id, reply.source_name,
  reply.reply_category ?? null, reply.confidence ?? null, reply.needs_review ? w.review : null, reply.subject ?? null, reply.body_plain ?? null,
];

function Entry({ reply, isShown, show }: { reply: Reply; isShown: boolean; show: () => void }) {
  const ref = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isShown) ref.current?.scrollIntoView({ block: "nearest" });
  }, [isShown]);
  return (
    <li ref={ref} data-reply={reply.event_key}>
      <button type="button" className="letter-line" aria-current={isShown} onClick={show}>
        <Stack gap={4}>
          <Group justify="space-between" wrap="nowrap" gap="sm">
            <Text span size="sm" fw={600} className="cut">{reply.lead_name ?? reply.lead_email ?? reply.contact_id ?? "–"}</Text>
            <Text span size="xs" className="quiet" title={exact(reply.occurred_at)} style={{ whiteSpace: "nowrap" }}>{since(reply.occurred_at)}</Text>
          </Group>
          <Text span size="sm" lineClamp={2} className={reply.body_plain ? "" : "quiet"}>{reply.body_plain ?? reply.subject ?? w.noText}</Text>
          <Group justify="space-between" gap="sm" wrap="nowrap">
            <Intent reply={reply} />
            <Text span size="xs" className="quiet cut" style={{ maxWidth: "12rem", minWidth: 0 }}>{reply.campaign_name ?? reply.campaign_id}</Text>
          </Group>
        </Stack>
      </button>
    </li>
  );
}
