/** How a mailbox is, wherever it stands. */
import { Text } from "@mantine/core";
import { words } from "../../words";
import type { Mailbox } from "./query";

const w = words.mailboxes;

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
  if (state === null) return <span className="quiet" title={words.states.unknown}>–</span>;
  const isWrong = line.is_smtp_success === false || line.is_imap_success === false;
  return <Text span size="sm" className={`${isWrong ? "bad" : "good"} cut`} title={state}>{isWrong ? "✕" : "✓"} {state}</Text>;
}

export function Failing({ count }: { count: number }) {
  return count > 0 ? <span className="bad">✕ {count}</span> : <span>{count}</span>;
}

/** 0 to 100, in the bands in which mailbox providers think. */
export function Reputation({ value }: { value: number | null | undefined }) {
  if (value == null) return <span className="quiet" title={words.states.unknown}>–</span>;
  const band = value >= 97 ? "good" : value >= 90 ? "warn" : "bad";
  return <span className={band} title={w.bands[band]}>{band === "good" ? "●" : band === "warn" ? "◐" : "○"} {value}</span>;
}
