/** A source's door: its address, what came through it, and whether it opens. */
import { Button, Code, CopyButton, Group, NativeSelect, Stack, Text } from "@mantine/core";
import { IconCopy, IconDoor, IconEye, IconEyeOff } from "@tabler/icons-react";
import { useState } from "react";
import { useIsAdmin, useMayWrite } from "../api/session";
import { showCount } from "../figures/figure";
import { Await } from "../states/Await";
import { exact, since } from "../time";
import { running } from "../words/running";
import { Refused } from "./Deeds";
import { type Tried, useDeliveries, useNewAddress, useTry, useWebhook } from "./query";

const w = running.webhooks;

export function Webhook({ name }: { name: string }) {
  const isAdmin = useIsAdmin();
  const mayWrite = useMayWrite();
  return (
    <Stack gap="sm">
      <Came name={name} />
      {isAdmin ? <Address name={name} /> : <Text size="sm" className="quiet">{w.forAdmins}</Text>}
      {mayWrite && <Try name={name} />}
    </Stack>
  );
}

function Came({ name }: { name: string }) {
  return (
    <Await query={useDeliveries(name)} height={24}>
      {(deliveries) => (
        <Text size="sm">
          {deliveries.last_at ? <span title={exact(deliveries.last_at)}>{w.last(since(deliveries.last_at))}</span> : <span className="quiet">{w.nothing}</span>}{" "}
          {deliveries.received > 0 && w.counted(showCount(deliveries.received), deliveries.per_hour.toFixed(1))}
          {deliveries.pending > 0 && <span className="warn"> {w.pending(showCount(deliveries.pending))}</span>}
          {deliveries.failed > 0 && <span className="bad"> ✕ {w.failed(showCount(deliveries.failed))}</span>}
          {deliveries.campaigns_without > 0 && <span className="warn"> ⚠ {w.without(showCount(deliveries.campaigns_without))}</span>}
        </Text>
      )}
    </Await>
  );
}

function Address({ name }: { name: string }) {
  const query = useWebhook(name);
  const renew = useNewAddress(name);
  const [isSeen, setIsSeen] = useState(false);
  const [isSure, setIsSure] = useState(false);
  return (
    <Await query={query} height={60}>
      {({ address, has_secret }) => (
        <Stack gap="xs">
          {address ? (
            <Group gap="xs">
              <Code data-webhook={name} style={{ overflowWrap: "anywhere" }}>{isSeen ? address : address.replace(/token=[^&]+/, "token=••••••••")}</Code>
              <CopyButton value={address}>
                {({ copied, copy }) => <Button variant="default" leftSection={<IconCopy size={14} />} onClick={copy} aria-label={`${running.settings.copy}: ${name}`}>{copied ? running.settings.copied : running.settings.copy}</Button>}
              </CopyButton>
              <Button variant="subtle" leftSection={isSeen ? <IconEyeOff size={14} /> : <IconEye size={14} />} onClick={() => setIsSeen(!isSeen)} aria-pressed={isSeen} aria-label={`${w.show}: ${name}`}>{w.show}</Button>
            </Group>
          ) : <Text size="sm" className="quiet">{w.noAddress}</Text>}
          <Group gap="xs">
            {!address && <Button variant="light" onClick={() => renew.mutate()} loading={renew.isPending} aria-label={`${w.make}: ${name}`}>{w.make}</Button>}
            {address && !isSure && <Button variant="subtle" size="compact-xs" onClick={() => setIsSure(true)} aria-label={`${w.renew} ${name}`}>{w.renew}</Button>}
            {address && isSure && (
              <>
                <Text size="xs" className="warn">{w.renewAbout}</Text>
                <Button color="red" size="compact-xs" loading={renew.isPending} onClick={() => renew.mutate(undefined, { onSettled: () => setIsSure(false) })}>{w.renewSure}</Button>
                <Button variant="subtle" size="compact-xs" onClick={() => setIsSure(false)}>{running.settings.keep}</Button>
              </>
            )}
            {address && <Text size="xs" className="quiet">{has_secret ? w.signed : w.unsigned}</Text>}
          </Group>
          <Refused error={renew.error} />
        </Stack>
      )}
    </Await>
  );
}

function Try({ name }: { name: string }) {
  const attempt = useTry(name);
  const [kind, setKind] = useState("");
  const tried = attempt.data;
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <Button variant="default" leftSection={<IconDoor size={14} />} loading={attempt.isPending} onClick={() => attempt.mutate(kind || undefined)} title={w.testAbout} aria-label={`${w.test}: ${name}`}>{w.test}</Button>
        {tried && <NativeSelect size="xs" aria-label={`${w.which}: ${name}`} value={kind} onChange={(event) => setKind(event.currentTarget.value)} data={[{ value: "", label: w.first }, ...tried.kinds]} />}
      </Group>
      {tried && <Told tried={tried} />}
      <Refused error={attempt.error} />
    </Stack>
  );
}

function Told({ tried }: { tried: Tried }) {
  const rows = Object.entries(tried.rows as Record<string, number>).map(([table, count]) => w.row(count, table));
  return (
    <div role="status">
      <Text size="sm" className={tried.is_taken ? "good" : "bad"}>{tried.is_taken ? `✓ ${w.opens(tried.kind, rows.join(", ") || w.nothingFollows)}` : `✕ ${w.closed(tried.kind)}`}</Text>
      {tried.reason && <Text size="sm" className="warn">{tried.reason}</Text>}
      {!tried.is_address_public && <Text size="xs" className="quiet">{w.notPublic}</Text>}
    </div>
  );
}
