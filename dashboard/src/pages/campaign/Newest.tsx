/** The newest replies to a campaign, and the way to all of them. */
import { Anchor, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Await, Empty } from "../../states/Await";
import { exact, since } from "../../time";
import { words } from "../../words";
import { mail } from "../../words/mail";
import { Intent } from "../replies/intents";
import type { Reply } from "../replies/query";
import { type Place, useReplies } from "./query";

const w = mail.campaign;

export function Newest({ place }: { place: Place }) {
  return (
    <Paper component="section" aria-label={w.replies}>
      <Group justify="space-between" mb="sm">
        <Title order={2}>{w.newest}</Title>
        <Anchor component={Link} to="/replies" search={{ source: place.source, campaign: place.id } as never} size="xs">{w.allReplies}</Anchor>
      </Group>
      <Await query={useReplies(place)} height={200}>
        {(replies) => replies.length === 0 ? <Empty why={mail.replies.none} todo={mail.replies.noneTodo} /> : (
          <Stack gap="sm" component="ul" style={{ listStyle: "none", margin: 0, padding: 0 }}>
            {replies.map((reply) => <One key={reply.event_key} reply={reply} place={place} />)}
          </Stack>
        )}
      </Await>
    </Paper>
  );
}

function One({ reply, place }: { reply: Reply; place: Place }) {
  const key = `${reply.source_id} ${reply.campaign_id} ${reply.event_key}`;
  return (
    <li>
      <Group justify="space-between" gap="sm" wrap="nowrap" align="flex-start">
        <div style={{ minWidth: 0 }}>
          <Anchor component={Link} to="/replies" search={{ source: place.source, campaign: place.id, id: key } as never} size="sm" fw={600}>{reply.lead_name ?? reply.lead_email ?? words.unknownTime}</Anchor>
          <Text size="sm" lineClamp={2} className={reply.body_plain ? "" : "quiet"}>{reply.body_plain ?? reply.subject ?? mail.replies.noText}</Text>
        </div>
        <Stack gap={2} align="flex-end" style={{ flex: "none" }}>
          <Intent reply={reply} />
          <Text size="xs" className="quiet" title={exact(reply.occurred_at)}>{since(reply.occurred_at)}</Text>
        </Stack>
      </Group>
    </li>
  );
}
