/** One reply: what it is taken for and why, the keys that correct it, and its thread in a frame that runs nothing. */
import { Button, Group, Kbd, Stack, Text, useComputedColorScheme } from "@mantine/core";
import { showRate } from "../../figures/figure";
import { Await } from "../../states/Await";
import { exact } from "../../time";
import { mail } from "../../words/mail";
import { INTENTS, Intent, sayIntent } from "./intents";
import { letters } from "./letters";
import { type Reply, useThread } from "./query";

const w = mail.replies;

export function Thread({ reply, correct, mayCorrect }: { reply: Reply; correct: (intent: string | undefined) => void; mayCorrect: boolean }) {
  const scheme = useComputedColorScheme("light");
  return (
    <Stack gap="sm" h="100%">
      <div>
        <Text fw={600}>{reply.lead_name ?? reply.lead_email ?? reply.contact_id ?? "–"}</Text>
        <Text size="sm" className="quiet">{[reply.lead_name && reply.lead_email, reply.campaign_name, reply.source_name, exact(reply.occurred_at)].filter(Boolean).join(" · ")}</Text>
      </div>
      <Group gap="sm">
        <Intent reply={reply} />
        <Text size="xs" className="quiet">{because(reply)}</Text>
      </Group>
      {mayCorrect && (
        <Group gap={6} role="group" aria-label={w.correct}>
          {INTENTS.map((intent, index) => (
            <Button key={intent} size="compact-xs" variant={reply.reply_category === intent ? "filled" : "default"} aria-pressed={reply.reply_category === intent} leftSection={<Kbd size="xs">{index + 1}</Kbd>} onClick={() => correct(intent)}>
              {sayIntent(intent)}
            </Button>
          ))}
          {reply.corrected_by && <Button size="compact-xs" variant="subtle" leftSection={<Kbd size="xs">0</Kbd>} onClick={() => correct(undefined)}>{w.takeBack}</Button>}
        </Group>
      )}
      <Await query={useThread(reply)} height={420}>
        {(messages) => <iframe title={w.thread} sandbox="" srcDoc={letters(messages, reply.event_key, scheme)} className="frame" />}
      </Await>
    </Stack>
  );
}

/** Who says so, and how sure that is. */
function because(reply: Reply): string {
  if (reply.corrected_by) return [w.by.corrected(reply.corrected_by), reply.sorted_as && w.by.before(sayIntent(reply.sorted_as))].filter(Boolean).join(", ");
  const method = reply.method ?? "";
  const who = w.by[method as "service"] ?? (method && w.by.other(method));
  return [who, reply.confidence != null && w.confidence(showRate(reply.confidence)), reply.returns_on && w.returns(reply.returns_on)].filter(Boolean).join(", ");
}
