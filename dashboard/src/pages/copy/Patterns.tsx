/** What in the copy goes with replies, within the same campaign and step; and where nothing can be said, that. */
import { Group, NativeSelect, SegmentedControl, Switch, Text } from "@mantine/core";
import { showCount, showRate, showShort, UNKNOWN } from "../../figures/figure";
import { useFilters } from "../../search";
import { Await } from "../../states/Await";
import { type Column, DataTable } from "../../table/Table";
import { words } from "../../words";
import { mail } from "../../words/mail";
import { featureWord } from "./parts";
import { type Pattern, usePatterns, useScopes } from "./query";

const w = mail.copy;

/** A finding on one outcome, whichever is looked at. */
type Finding = {
  line: Pattern; verdict: string; lift: number | null; odds: number | null; low: number | null; high: number | null; q: number | null; heterogeneity: number | null;
  rateWith: number | null; rateWithout: number | null; hitsWith: number | null; hitsWithout: number | null;
};

function findingOf(line: Pattern, isPositive: boolean): Finding {
  const plain = (value: number | null | undefined) => value ?? null;
  return isPositive ? {
    line, verdict: line.positive_verdict, lift: plain(line.positive_lift), odds: plain(line.positive_odds_ratio), low: plain(line.positive_odds_ratio_low), high: plain(line.positive_odds_ratio_high),
    q: plain(line.positive_q_value), heterogeneity: plain(line.positive_heterogeneity_p), rateWith: plain(line.positive_shrunken_with), rateWithout: plain(line.positive_shrunken_without),
    hitsWith: plain(line.positive_with), hitsWithout: plain(line.positive_without),
  } : {
    line, verdict: line.verdict, lift: plain(line.lift), odds: plain(line.odds_ratio), low: plain(line.odds_ratio_low), high: plain(line.odds_ratio_high),
    q: plain(line.q_value), heterogeneity: plain(line.heterogeneity_p), rateWith: plain(line.shrunken_with), rateWithout: plain(line.shrunken_without),
    hitsWith: plain(line.replied_with), hitsWithout: plain(line.replied_without),
  };
}

const isConclusive = ({ verdict }: Finding) => verdict !== "not_conclusive";

export function Patterns() {
  const { search, change } = useFilters();
  const scopes = useScopes();
  const isPositive = search.outcome === "positive";
  const onlySure = search.only === "sure";
  return (
    <Await query={usePatterns()} height={520}>
      {(lines) => {
        const findings = lines.map((line) => findingOf(line, isPositive));
        const sure = findings.filter(isConclusive).length;
        return (
          <DataTable
            name="copy-patterns" rows={onlySure ? findings.filter(isConclusive) : findings} columns={columns()} sort="q"
            id={({ line }) => `${line.scope} ${line.feature} ${line.level}`}
            empty={onlySure && findings.length > 0 ? { why: w.nothingSure(showCount(findings.length)), todo: w.nothingSureTodo } : { why: w.noPatterns, todo: w.noPatternsTodo }}
            above={
              <Group gap="sm">
                <NativeSelect
                  size="xs" aria-label={w.scope} value={search.scope ?? ""} onChange={(event) => change({ scope: event.currentTarget.value || undefined, page: undefined })}
                  data={[{ value: "", label: w.scopes.usual }, ...scopes.map((value) => ({ value, label: scopeWord(value) }))]}
                />
                <SegmentedControl
                  size="xs" aria-label={w.outcome} value={isPositive ? "positive" : "replies"} onChange={(next) => change({ outcome: next === "positive" ? next : undefined, page: undefined })}
                  data={[{ value: "replies", label: w.outcomes.replies }, { value: "positive", label: w.outcomes.positive }]}
                />
                <Switch size="xs" label={w.onlySure} checked={onlySure} onChange={(event) => change({ only: event.currentTarget.checked ? "sure" : undefined, page: undefined })} />
                <Text size="xs" className="quiet" role="note">{w.sureOf(showCount(sure), showCount(findings.length))}</Text>
              </Group>
            }
          />
        );
      }}
    </Await>
  );
}

function scopeWord(scope: string): string {
  const [kind, ...rest] = scope.split(":");
  const name = rest.join(":");
  const platform = words.platforms[name as keyof typeof words.platforms];
  return name ? `${w.scopes[kind as keyof typeof w.scopes] ?? kind}: ${platform ?? name}` : w.scopes.all;
}

const levelWord = (level: string): string => (level === "true" ? w.yes : level === "false" ? w.no : level.replaceAll("_", " "));

function columns(): Column<Finding>[] {
  return [
    { key: "feature", title: w.feature, value: ({ line }) => `${featureWord(line.feature)}: ${levelWord(line.level)}`, view: ({ line }) => <>{featureWord(line.feature)}: <b>{levelWord(line.level)}</b></> },
    { key: "scope", title: w.scope, value: ({ line }) => scopeWord(line.scope), isExtra: true },
    { key: "verdict", title: w.verdict, value: ({ verdict }) => w.found[verdict as keyof typeof w.found] ?? verdict, view: ({ verdict }) => <Verdict verdict={verdict} /> },
    { key: "lift", title: w.lift, isNumber: true, value: ({ lift }) => lift, view: ({ lift }) => (lift === null ? <span className="quiet">{UNKNOWN}</span> : <b>× {lift.toFixed(2)}</b>) },
    { key: "odds", title: w.odds, isNumber: true, value: ({ odds }) => odds, view: (finding) => <Odds finding={finding} /> },
    { key: "odds_low", title: `${w.odds}: ${w.low}`, isNumber: true, isExtra: true, value: ({ low }) => low },
    { key: "odds_high", title: `${w.odds}: ${w.high}`, isNumber: true, isExtra: true, value: ({ high }) => high },
    { key: "q", title: w.q, isNumber: true, value: ({ q }) => q, view: ({ q }) => <span className={q === null ? "quiet" : ""} title={q === null ? w.notAsked : w.qAbout}>{q === null ? UNKNOWN : q < 0.001 ? "< 0.001" : q.toFixed(3)}</span> },
    { key: "with", title: w.rateWith, isNumber: true, value: ({ rateWith }) => rateWith, view: ({ rateWith, line }) => <Sample rate={rateWith} n={line.delivered_with ?? null} /> },
    { key: "without", title: w.rateWithout, isNumber: true, value: ({ rateWithout }) => rateWithout, view: ({ rateWithout, line }) => <Sample rate={rateWithout} n={line.delivered_without ?? null} /> },
    { key: "n_with", title: w.mailsWith, isNumber: true, isExtra: true, value: ({ line }) => line.delivered_with ?? null },
    { key: "n_without", title: w.mailsWithout, isNumber: true, isExtra: true, value: ({ line }) => line.delivered_without ?? null },
    { key: "hits_with", title: w.hitsWith, isNumber: true, isExtra: true, value: ({ hitsWith }) => hitsWith },
    { key: "hits_without", title: w.hitsWithout, isNumber: true, isExtra: true, value: ({ hitsWithout }) => hitsWithout },
    { key: "strata", title: w.strata, isNumber: true, value: ({ line }) => line.strata ?? null, view: ({ line, heterogeneity }) => <Strata strata={line.strata ?? null} heterogeneity={heterogeneity} /> },
  ];
}

function Verdict({ verdict }: { verdict: string }) {
  const colour = verdict === "better" ? "good" : verdict === "worse" ? "bad" : "quiet";
  const sign = verdict === "better" ? "▲" : verdict === "worse" ? "▼" : verdict === "no_difference" ? "=" : "…";
  return <span className={colour} style={{ whiteSpace: "nowrap" }}><span aria-hidden="true">{sign}</span> {w.found[verdict as keyof typeof w.found] ?? verdict}</span>;
}

function Sample({ rate, n }: { rate: number | null; n: number | null }) {
  return <span className="rate"><span className="of">{showRate(rate)}</span><span className="n">{n !== null && `n ${showShort(n)}`}</span></span>;
}

/** Campaigns that differ in what it goes with are told, not averaged away. */
function Strata({ strata, heterogeneity }: { strata: number | null; heterogeneity: number | null }) {
  const differ = heterogeneity !== null && heterogeneity < 0.05;
  return <span title={differ ? w.heterogeneous : w.strataAbout}>{showCount(strata)}{differ && <span className="warn"> ≠</span>}</span>;
}

/** The odds ratio on a scale on which twice and half are equally far from 1. */
function Odds({ finding: { odds, low, high } }: { finding: Finding }) {
  const [width, most] = [120, Math.log(4)];
  if (odds === null || low === null || high === null) return <span className="quiet" title={w.notAsked}>{UNKNOWN}</span>;
  const x = (ratio: number) => width / 2 + (Math.max(-most, Math.min(most, Math.log(Math.max(ratio, 1e-9)))) / most) * (width / 2 - 4);
  return (
    <span className="rate">
      <svg className="interval" width={width} height={14} role="img" aria-label={w.oddsAbout(odds.toFixed(2), low.toFixed(2), high.toFixed(2))}>
        <line x1={width / 2} x2={width / 2} y1={0} y2={14} stroke="var(--mantine-color-dimmed)" strokeDasharray="2 2" />
        <line x1={x(low)} x2={x(high)} y1={7} y2={7} stroke="var(--atlas-mark)" strokeOpacity={0.5} strokeWidth={4} strokeLinecap="round" />
        <line x1={x(odds)} x2={x(odds)} y1={2} y2={12} stroke="var(--atlas-mark)" strokeWidth={2} />
      </svg>
      <span className="n" style={{ minWidth: "7.5em" }}>{odds.toFixed(2)} ({low.toFixed(2)}–{high.toFixed(2)})</span>
    </span>
  );
}
