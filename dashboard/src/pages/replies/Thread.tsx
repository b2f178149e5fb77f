/** One reply: what it is taken for and why, the keys that correct it, and its thread as text or as it was laid out. */
import { Box, Button, Group, Kbd, Stack, Text } from "@mantine/core";
import { showRate } from "../../figures/figure";
import { Await } from "../../states/Await";
import { exact } from "../../time";
import { mail } from "../../words/mail";
import { INTENTS, Intent, sayIntent } from "./intents";
import { Letter, LookSwitch, useLook } from "../../letters/Letter";
import { type Message, pageOf, type Reply, useThread } from "./query";

const w = mail.replies;

export function Thread({ reply, correct, mayCorrect }: { reply: Reply; correct: (intent: string | undefined) => void; mayCorrect: boolean }) {
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
        {(messages) => <Messages messages={messages} reply={reply} />}
      </Await>
    </Stack>
  );
}

/** As their senders laid them out where one did, unless the text is wanted. */
function Messages({ messages, reply }: { messages: Message[]; reply: Reply }) {
  const look = useLook("layout");
  const isLaidOut = messages.some((message) => message.body_html != null);
  return (
    <>
      {isLaidOut && <LookSwitch usual="layout" />}
      {isLaidOut && look === "layout" ? <Letter title={w.thread} address={pageOf(reply)} /> : (
        <Box className="thread" tabIndex={0} role="region" aria-label={w.thread}>
          {messages.map((message) => <Written key={message.event_key} message={message} isMarked={message.event_key === reply.event_key} />)}
        </Box>
      )}
    </>
  );
}

function Written({ message, isMarked }: { message: Message; isMarked: boolean }) {
  const isOurs = message.event === "sent";
  return (
    <article className={`letter ${isOurs ? "ours" : "theirs"}`} data-marked={isMarked || undefined}>
      <Text size="xs" className="quiet">{isOurs ? `${w.sent} (${message.from_email ?? "–"})` : (message.lead_email ?? "–")} · {exact(message.occurred_at)}</Text>
      {message.subject && <Text size="sm" fw={600}>{message.subject}</Text>}
      <Text size="sm" className={message.body_plain == null ? "quiet" : "written"}>{message.body_plain ?? w.noText}</Text>
    </article>
  );
}

/** Who says so, and how sure that is. */
function because(reply: Reply): string {
  if (reply.corrected_by) return [w.by.corrected(reply.corrected_by), reply.sorted_as && w.by.before(sayIntent(reply.sorted_as))].filter(Boolean).join(", ");
  const method = reply.method ?? "";
  const who = w.by[method as "service"] ?? (method && w.by.other(method));
  return [who, reply.confidence != null && w.confidence(showRate(reply.confidence)), reply.returns_on && w.returns(reply.returns_on)].filter(Boolean).join(", ");
}
