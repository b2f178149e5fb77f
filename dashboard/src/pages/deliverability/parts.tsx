/** How a mailbox is, wherever it stands. */
import { Text } from "@mantine/core";
import { Explained, Parts } from "../../figures/Figure";
import { showRate, showShort, UNKNOWN } from "../../figures/figure";
import { words } from "../../words";
import { mail } from "../../words/mail";
import { bandOf } from "./bands";
import type { Domain, Mailbox } from "./query";

const w = mail.mailboxes;

/** What is wrong with it, in words. */
export function stateOf(line: Mailbox): string | null {
  const wrong = [
    line.is_smtp_success === false && `${w.cannotSend}: ${line.smtp_failure_error ?? w.noReason}`,
    line.is_imap_success === false && `${w.cannotReceive}: ${line.imap_failure_error ?? w.noReason}`,
  ].filter(Boolean);
  if (wrong.length) return wrong.join("; ");
  return line.is_smtp_success == null && line.is_imap_success == null ? null : w.works;
}

export function State({ line }: { line: Mailbox }) {
  const state = stateOf(line);
  if (state === null) return <span className="quiet" title={words.states.unknown}>{UNKNOWN}</span>;
  const isWrong = line.is_smtp_success === false || line.is_imap_success === false;
  return <Text span size="sm" className={`${isWrong ? "bad" : "good"} cut`} title={state}>{isWrong ? "✕" : "✓"} {state}</Text>;
}

export function Failing({ count }: { count: number }) {
  return count > 0 ? <span className="bad">✕ {count}</span> : <span>{count}</span>;
}

/** 0 to 100, in the bands in which mailbox providers think. */
export function Reputation({ value }: { value: number | null | undefined }) {
  if (value == null) return <span className="quiet" title={words.states.unknown}>{UNKNOWN}</span>;
  const band = value >= 97 ? "good" : value >= 90 ? "warn" : "bad";
  return <span className={band} title={w.bands[band]}>{band === "good" ? "●" : band === "warn" ? "◐" : "○"} {value}</span>;
}

const SIGNS = { good: "●", warn: "◐", bad: "○" } as const;

/** A bounce rate in its band, with its n; without a judgement where too little was sent. */
export function Bounces({ line: { sent, bounced, bounce_rate: rate } }: { line: Pick<Mailbox | Domain, "sent" | "bounced" | "bounce_rate"> }) {
  if (rate == null) return <span className="quiet" title={w.noEvents}>{UNKNOWN}</span>;
  const band = bandOf(rate, sent);
  return (
    <Explained metric="bounce_rate" here={<><Parts rate={{ rate, above: bounced ?? null, below: sent ?? null }} /><Text size="xs" className="quiet">{w.fromEvents}</Text></>}>
      <span className="rate">
        <span className={`of ${band ?? "quiet"}`} title={band ? w.bounceBands[band] : w.tooFew}>{band ? SIGNS[band] : "…"} {showRate(rate)}</span>
        <span className="n">n {showShort(sent ?? null)}</span>
      </span>
    </Explained>
  );
}
