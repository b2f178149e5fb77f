/** A figure on the screen: it says what it is, how sure it is, and where it comes from. */
import { Anchor, Box, Code, Group, Paper, Popover, Stack, Text } from "@mantine/core";
import { Link, useLocation } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { exact, since } from "../time";
import { words } from "../words";
import { type Count, countOf, ENOUGH, interval, type Line, type Rate, rateOf, showCount, showRate, showShort, showTime, UNKNOWN } from "./figure";
import { Behind, type Place, placeOf } from "./Behind";
import { type Explanation, useDefinition, useExplanation } from "./definitions";

/** A number that opens its definition, and with `place` the way to what it counts there. */
export function Explained({ metric, children, here, place }: { metric: string; children: ReactNode; here?: ReactNode; place?: Place | undefined }) {
  const [isOpen, setIsOpen] = useState(false);
  // A table has hundreds of numbers: what opens is made when one is asked for the first time.
  const [isAsked, setIsAsked] = useState(false);
  const ref = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isAsked) return;
    // The button is another one now; closing leads back to it.
    ref.current?.focus();
    setIsOpen(true);
  }, [isAsked]);
  const title = useDefinition(metric)?.title ?? metric;
  const button = (
    <button type="button" ref={ref} className="figure" title={words.explain.open(title)} onClick={() => (isAsked ? setIsOpen(!isOpen) : setIsAsked(true))}>
      {children}
    </button>
  );
  if (!isAsked) return button;
  return (
    <Popover opened={isOpen} onChange={setIsOpen} width={340} position="bottom" shadow="md" trapFocus withinPortal returnFocus hideDetached={false}>
      <Popover.Target>{button}</Popover.Target>
      <Popover.Dropdown>{isOpen && <Definition metric={metric} here={here} place={place} />}</Popover.Dropdown>
    </Popover>
  );
}

function Definition({ metric, here, place }: { metric: string; here: ReactNode; place: Place | undefined }) {
  const definition = useDefinition(metric);
  const { origins = [], figures } = useExplanation(metric).data ?? {};
  // Whoever has a share link sees that page alone.
  const isShared = useLocation({ select: (location) => location.pathname === "/share" });
  if (!definition) return <Text size="sm">{metric}</Text>;
  return (
    <Stack gap="sm" role="document" tabIndex={0} style={{ outline: "none" }}>
      <div>
        <Text fw={600}>{definition.title}</Text>
        <Text size="sm" className="quiet">{definition.about}</Text>
      </div>
      <Fact name={words.explain.formula}><Code>{definition.formula}</Code></Fact>
      {here && <Fact name={words.explain.parts}>{here}</Fact>}
      {figures?.oldest_figure_at && (
        <Fact name={words.explain.read}><span title={`${exact(figures.oldest_figure_at)} – ${exact(figures.newest_figure_at)}`}>{words.explain.between(since(figures.oldest_figure_at), since(figures.newest_figure_at))}</span></Fact>
      )}
      <Group gap="md">
        {place && !isShared && <Behind metric={metric} place={place} />}
        {!isShared && <Anchor size="xs" component={Link} to="/glossary" search={{ id: metric } as never}>{words.explain.more}</Anchor>}
      </Group>
      <Origins origins={origins} />
    </Stack>
  );
}

/** Which field of which answer it is, service by service; what is worked out here has no path, and is nothing that a service without one tells. */
export function Origins({ origins }: { origins: Explanation["origins"] }) {
  const platforms = [...new Set(origins.filter(({ path }) => path).map(({ platform }) => platform))];
  return platforms.map((platform) => {
    const lines = origins.filter((origin) => origin.platform === platform).map(({ from, path }) => ({ from, path: path || words.explain.here }));
    const each = new Map(lines.map((line) => [`${line.from} ${line.path}`, line]));
    return (
      <Fact key={platform} name={`${words.explain.source} ${words.platforms[platform as keyof typeof words.platforms] ?? platform}`}>
        {[...each].map(([key, { from, path }]) => <div key={key}><Code>{from}</Code> <Text span size="xs" className="quiet">{path}</Text></div>)}
      </Fact>
    );
  });
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <Text size="xs" className="quiet">{name}</Text>
      <Text size="sm" component="div">{children}</Text>
    </div>
  );
}

/** `–` with the reason, or `≥` where some have not told theirs; `time` is the metric of one that is a time. */
export function Sum({ count, isShort = false, time }: { count: Count; isShort?: boolean; time?: string | undefined }) {
  if (count.value === null) return <span className="quiet" title={words.states.unknown} aria-label={words.states.unknown}>{UNKNOWN}</span>;
  const text = time ? showTime(time, count.value) : isShort ? showShort(count.value) : showCount(count.value);
  return count.isPartial ? <span title={words.states.partial}>≥ {text}</span> : <span>{text}</span>;
}

/** A count in a table. */
export function CountCell({ line, metric, isSeconds = false, place = placeOf(line) }: { line: Line; metric: string; isSeconds?: boolean; place?: Place | undefined }) {
  const count = countOf(line, metric);
  const time = isSeconds ? metric : undefined;
  return (
    <Explained metric={metric} place={place} here={<Sum count={count} time={time} />}>
      <Sum count={count} time={time} />
    </Explained>
  );
}

/** A rate in a table: with its n, and the interval drawn. `scale` is the rate at the right end of the drawing. */
export function RateCell({ line, metric, scale, place = placeOf(line) }: { line: Line; metric: string; scale?: number; place?: Place | undefined }) {
  const rate = rateOf(line, metric);
  return (
    <Explained metric={metric} place={place} here={<Parts rate={rate} />}>
      <span className="rate">
        {scale !== undefined && <Drawn rate={rate} scale={scale} />}
        <span className="of">{rate.rate === null ? <span className="quiet" title={words.states.unknown}>{UNKNOWN}</span> : <Share rate={rate} />}</span>
        <span className="n">{rate.below !== null && `n ${showShort(rate.below)}`}</span>
      </span>
    </Explained>
  );
}

/** A rate of few is quiet, and says so. */
function Share({ rate }: { rate: Rate }) {
  const isFew = rate.below !== null && rate.below < ENOUGH;
  return <span {...(isFew && { className: "quiet", title: words.explain.few(rate.below!) })}>{showRate(rate.rate)}</span>;
}

export function Parts({ rate }: { rate: Rate }) {
  const range = interval(rate.above, rate.below);
  return (
    <>
      {showCount(rate.above)} / {showCount(rate.below)} = {showRate(rate.rate)}
      {range && <Text size="xs" className="quiet">{words.explain.interval}: {showRate(range[0])} – {showRate(range[1])}</Text>}
      {rate.below !== null && rate.below < ENOUGH && <Text size="xs" className="warn">{words.explain.few(rate.below)}</Text>}
    </>
  );
}

/** The interval as a bar, the rate as a tick on it. */
export function Drawn({ rate, scale, width = 56 }: { rate: Rate; scale: number; width?: number }) {
  const range = interval(rate.above, rate.below);
  const x = (value: number) => 1 + Math.min(1, value / (scale || 1)) * (width - 2);
  return (
    <svg className="interval" width={width} height={12} aria-hidden="true">
      <line x1={0} x2={width} y1={6} y2={6} stroke="var(--mantine-color-default-border)" />
      {range && rate.rate !== null && (
        <>
          <line x1={x(range[0])} x2={x(range[1])} y1={6} y2={6} stroke="var(--atlas-mark)" strokeOpacity={0.5} strokeWidth={4} strokeLinecap="round" />
          <line x1={x(rate.rate)} x2={x(rate.rate)} y1={2} y2={10} stroke="var(--atlas-mark)" strokeWidth={2} />
        </>
      )}
    </svg>
  );
}

/** What has changed since the period before: absolute for counts, percentage points for rates. What lacks some on either
 * side is compared without a judgement. */
export function Delta({ now, earlier, isRate, isBad = false, isRough = false }: {
  now: number | null; earlier: number | null | undefined; isRate: boolean; isBad?: boolean; isRough?: boolean;
}) {
  if (earlier === undefined) return null;
  if (now === null || earlier === null) return <Text span size="xs" className="quiet" title={words.delta.noneAbout}>{words.delta.none}</Text>;
  const change = now - earlier;
  const size = isRate ? `${Math.abs(change * 100).toFixed(2)} ${words.delta.points}` : showCount(Math.abs(change));
  const part = Math.abs(change) / earlier;
  const share = !isRate && earlier > 0 ? ` (${part < 0.01 ? showRate(part) : `${Math.round(part * 100)} %`})` : "";
  // What is shown as nothing is no change.
  if (change === 0 || (isRate && Math.abs(change * 100) < 0.005)) return <Text span size="xs" className="quiet">= {words.delta.same}</Text>;
  const isGood = change > 0 !== isBad;
  return (
    <Text span size="xs" style={{ whiteSpace: "nowrap" }} className={isRough ? "quiet" : isGood ? "good" : "bad"} title={isRough ? words.delta.rough : change > 0 ? words.delta.up : words.delta.down}>
      {change > 0 ? "▲" : "▼"} {isRough && "≈ "}{size}{share}
    </Text>
  );
}

/** The figure of a whole page. */
export function Kpi({ metric, line, earlier, kind = "count", isBad = false, isNeutral = false, place = placeOf(line) ?? {} }: {
  metric: string; line: Line; earlier: Line | undefined; kind?: "count" | "rate" | "seconds"; isBad?: boolean; isNeutral?: boolean; place?: Place;
}) {
  const title = useDefinition(metric)?.title ?? metric;
  const rate = rateOf(line, metric);
  const count = countOf(line, metric);
  const time = kind === "seconds" ? metric : undefined;
  const now = kind === "rate" ? rate.rate : count.value;
  const then = earlier && countOf(earlier, metric);
  const before = earlier && (kind === "rate" ? rateOf(earlier, metric).rate : then!.value);
  return (
    <Paper p="md" data-kpi={metric}>
      <Text size="sm" className="quiet" mb={2}>{title}</Text>
      <Explained metric={metric} place={place} here={kind === "rate" ? <Parts rate={rate} /> : <Sum count={count} time={time} />}>
        <Text span fz={26} fw={600} lh={1.2} data-figure>
          {kind === "rate" ? (now === null ? <span className="quiet" title={words.states.unknown}>{UNKNOWN}</span> : showRate(now)) : <Sum count={count} time={time} />}
        </Text>
      </Explained>
      <Box mih={18}>
        {kind === "rate" && rate.below !== null && <Text span size="xs" className="quiet" mr="sm">n {showShort(rate.below)}</Text>}
        <span className={isNeutral ? "neutral" : ""}><Delta now={now} earlier={before} isRate={kind === "rate"} isBad={isBad} isRough={kind !== "rate" && (count.isPartial || then?.isPartial)} /></span>
      </Box>
    </Paper>
  );
}
