/** How a template, its rates and what is said of it look, wherever they stand. */
import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Explained, Parts, RateCell } from "../../figures/Figure";
import { showRate, showShort, UNKNOWN } from "../../figures/figure";
import { words } from "../../words";
import { mail } from "../../words/mail";
import type { Variant } from "./query";

const w = mail.copy;

export const nameOf = (line: Variant): string => line.subject_line || line.body_preview || line.step_type || line.variant_id;

export const stepOf = (line: Pick<Variant, "step_number" | "variant_label">): string => `${line.step_number ?? UNKNOWN}${line.variant_label ? ` · ${line.variant_label}` : ""}`;

export function Template({ line }: { line: Variant }) {
  return (
    <div>
      <span className="cut" title={line.body_preview ?? nameOf(line)}>{line.subject_line || <span className="quiet">{nameOf(line)}</span>}</span>
      <Text size="xs" className="quiet cut">{mail.campaign.step} {stepOf(line)} · {line.campaign_name ?? line.campaign_id}{line.is_deleted && ` · ${mail.campaign.gone}`}</Text>
    </div>
  );
}

/** A template's rate as a line of metrics; what is below it is what was delivered. */
export function VariantRate({ line, metric, scale }: { line: Variant; metric: "reply_rate" | "positive_rate"; scale?: number }) {
  const above = metric === "reply_rate" ? line.replied : line.positive;
  const figures = { [metric]: line[metric] ?? null, [`${metric}_numerator`]: above ?? null, [`${metric}_denominator`]: line.delivered ?? null };
  return <RateCell line={figures} metric={metric} {...(scale !== undefined && { scale })} />;
}

/** What templates are ranked by. */
export function Shrunken({ rate, raw, n, metric, isEnough }: { rate: number | null | undefined; raw: number | null | undefined; n: number | null | undefined; metric: string; isEnough: boolean }) {
  if (rate == null) return <span className="quiet" title={words.states.unknown}>{UNKNOWN}</span>;
  return (
    <Explained metric={metric} here={<Text size="sm">{w.shrunkenHere(showRate(raw ?? null), showShort(n ?? null), showRate(rate))}</Text>}>
      {isEnough ? <b>{showRate(rate)}</b> : <span className="quiet">{showRate(rate)}</span>}
    </Explained>
  );
}

/** The rate of some weeks, with its n; it opens its interval. */
export function RateOfWeeks({ rate, n }: { rate: number | null | undefined; n: number | null | undefined }) {
  if (rate == null || n == null) return <span className="quiet" title={words.states.unknown}>{UNKNOWN}</span>;
  return (
    <Explained metric="reply_rate" here={<Parts rate={{ rate, above: Math.round(rate * n), below: n }} />}>
      <span className="rate"><span className="of">{showRate(rate)}</span><span className="n">n {showShort(n)}</span></span>
    </Explained>
  );
}

const DECAYS: Record<string, { sign: string; colour: string }> = {
  exhausted: { sign: "✕", colour: "bad" }, declining: { sign: "▼", colour: "warn" }, improving: { sign: "▲", colour: "good" }, stable: { sign: "=", colour: "" },
  insufficient_data: { sign: "…", colour: "quiet" },
};

export const decayWord = (status: string | null | undefined): string | null => (status ? (w.decays[status as keyof typeof w.decays] ?? status.replaceAll("_", " ")) : null);

export function DecayMark({ status }: { status: string | null | undefined }) {
  if (!status) return <span className="quiet" title={w.decays.insufficient_data}>{UNKNOWN}</span>;
  const { sign, colour } = DECAYS[status] ?? { sign: "○", colour: "quiet" };
  return <span className={colour} style={{ whiteSpace: "nowrap" }}><span aria-hidden="true">{sign}</span> {decayWord(status)}</span>;
}

export const showWeeks = (weeks: number | null | undefined): string => (weeks == null ? UNKNOWN : w.weeks(weeks >= 10 ? weeks.toFixed(0) : weeks.toFixed(1)));

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return <div><Text size="xs" className="quiet">{name}</Text><Text size="sm" component="div">{children}</Text></div>;
}

export const featureWord = (name: string): string => w.features[name as keyof typeof w.features] ?? name.replaceAll("_", " ");
