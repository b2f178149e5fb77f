/** Which templates wear off: week by week, with the fitted curve and how long half of it lasts. */
import { Anchor, Group, Paper, SimpleGrid, Stack, Text } from "@mantine/core";
import { useCallback } from "react";
import { Chart, type Palette } from "../../charts/Chart";
import { withBand } from "../../charts/options";
import { useTitles } from "../../figures/definitions";
import { showRate, UNKNOWN } from "../../figures/figure";
import { useFilters } from "../../search";
import { Await, Empty } from "../../states/Await";
import { type Column, DataTable } from "../../table/Table";
import { words } from "../../words";
import { mail } from "../../words/mail";
import { DecayMark, decayWord, Fact, nameOf, RateOfWeeks, showWeeks, stepOf, Template } from "./parts";
import { type Decay, type Detail, placeOf, useVariant, useVariants, type Variant } from "./query";

const w = mail.copy;

/** Of a text that stands as a heading. */
const LONGEST = 60;

/** The worst first; of those alike, what was sent most. */
const ORDER = ["exhausted", "declining", "improving", "stable", "insufficient_data"];
const rank = (line: Variant): number => ORDER.indexOf(line.decay_status ?? "insufficient_data");

export function Decays() {
  return (
    <Await query={useVariants()} height={560}>
      {(lines) => {
        const known = lines.filter((line) => line.decay_status).toSorted((a, b) => rank(a) - rank(b) || (b.delivered ?? 0) - (a.delivered ?? 0));
        return known.length === 0 ? <Paper><Empty why={w.noDecay} todo={w.noDecayTodo} /></Paper> : <Known lines={known} />;
      }}
    </Await>
  );
}

function Known({ lines }: { lines: Variant[] }) {
  const { search, change } = useFilters();
  const shown = search.id?.split("|")[0] ?? (lines[0] && placeOf(lines[0]));
  const columns: Column<Variant>[] = [
    {
      key: "subject_line", title: w.template, value: nameOf,
      view: (line) => <Anchor component="button" type="button" c="inherit" ta="left" size="sm" aria-pressed={placeOf(line) === shown} title={`${w.showCurve}: ${nameOf(line)} ${stepOf(line)}`} onClick={() => change({ id: placeOf(line) }, true)}><Template line={line} /></Anchor>,
    },
    { key: "client_name", title: words.filters.client, value: (line) => line.client_name ?? null, isExtra: true },
    { key: "decay_status", title: mail.campaign.decay, value: (line) => decayWord(line.decay_status), view: (line) => <DecayMark status={line.decay_status} /> },
    { key: "half_life_weeks", title: w.halfLife, isNumber: true, value: (line) => line.half_life_weeks ?? null, view: (line) => showWeeks(line.half_life_weeks) },
    { key: "peak_rate", title: w.peak, isNumber: true, value: (line) => line.peak_rate ?? null, view: (line) => <RateOfWeeks rate={line.peak_rate} n={line.peak_sent} /> },
    { key: "recent_rate", title: w.recent, isNumber: true, value: (line) => line.recent_rate ?? null, view: (line) => <RateOfWeeks rate={line.recent_rate} n={line.recent_sent} /> },
    { key: "drop_week", title: w.drop, isNumber: true, value: (line) => line.drop_week ?? null, view: (line) => (line.drop_week == null ? <span className="quiet">{UNKNOWN}</span> : <span className="bad">{w.inWeek(line.drop_week + 1)}</span>) },
    { key: "delivered", title: mail.copy.mails, isNumber: true, value: (line) => line.delivered ?? null },
  ];
  return (
    <Stack gap="md">
      <Curve place={shown} />
      <Paper><DataTable name="copy-decay" rows={lines} columns={columns} id={(line) => `${placeOf(line)} ${line.campaign_id}`} pageSize={25} empty={{ why: w.noDecay }} /></Paper>
    </Stack>
  );
}

function Curve({ place }: { place: string | undefined }) {
  return <Await query={useVariant(place)} height={{ base: 620, lg: 352 }}>{(detail) => detail.decay ? <Weeks detail={detail} decay={detail.decay} /> : <Paper><Empty why={w.noCurve} /></Paper>}</Await>;
}

/** Its subject, or how its text begins. */
function titleOf(line: Variant): string {
  const name = nameOf(line);
  return name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name;
}

function Weeks({ detail, decay }: { detail: Detail; decay: Decay }) {
  const rate = useTitles()("reply_rate");
  const option = useCallback(
    (palette: Palette) => withBand(
      decay.weekly.map((week) => String(week.week + 1)),
      { name: rate, values: decay.weekly.map((week) => week.reply_rate ?? null), low: decay.weekly.map((week) => week.reply_rate_low ?? null), high: decay.weekly.map((week) => week.reply_rate_high ?? null) },
      { name: w.fitted, values: decay.weekly.map((week) => week.fitted ?? null) },
      w.interval, palette,
    ),
    [decay, rate],
  );
  const said = decay.half_life_weeks == null ? undefined : `${w.halfLife}: ${showWeeks(decay.half_life_weeks)} (${showWeeks(decay.half_life_low)} – ${decay.half_life_high == null ? "∞" : showWeeks(decay.half_life_high)})`;
  return (
    <SimpleGrid cols={{ base: 1, lg: 3 }} spacing="md">
      <div style={{ gridColumn: "span 2", minWidth: 0 }} className="wide">
        {decay.weekly.length === 0 ? <Paper h="100%"><Empty why={w.noWeeks} todo={w.noWeeksTodo} /></Paper> : (
          <Chart
            title={titleOf(detail.variant)} note={w.curveNote} about={w.curveAbout(decay.weekly.length)} option={option} height={260}
            table={{
              head: [w.week, w.begins, w.mails, mail.campaign.replies, rate, w.interval, w.fitted],
              rows: decay.weekly.map((week) => [
                String(week.week + 1), week.begins_on ?? UNKNOWN, week.sent, week.replied, week.reply_rate ?? null,
                `${showRate(week.reply_rate_low ?? null)} – ${showRate(week.reply_rate_high ?? null)}`, week.fitted ?? null,
              ]),
              rates: [4, 6],
            }}
          />
        )}
      </div>
      <Paper component="section" aria-label={w.inWords}>
        <Stack gap="sm">
          <div><Text size="xs" className="quiet">{mail.campaign.decay}</Text><Text size="lg" fw={600} component="div"><DecayMark status={decay.status} /></Text></div>
          <Text size="sm">{w.decayAbout[decay.status as keyof typeof w.decayAbout] ?? ""}</Text>
          {said && <Text size="sm">{said}</Text>}
          <Group gap="lg">
            <Fact name={w.peak}><RateOfWeeks rate={decay.peak_rate} n={decay.peak_sent} /></Fact>
            <Fact name={w.recent}><RateOfWeeks rate={decay.recent_rate} n={decay.recent_sent} /></Fact>
            <Fact name={w.q}>{decay.q_value == null ? UNKNOWN : decay.q_value < 0.001 ? "< 0.001" : decay.q_value.toFixed(3)}</Fact>
            <Fact name={w.slope}>{decay.slope == null ? UNKNOWN : `${decay.slope.toFixed(3)} (${decay.slope_low?.toFixed(3) ?? UNKNOWN} – ${decay.slope_high?.toFixed(3) ?? UNKNOWN})`}</Fact>
          </Group>
          {decay.drop_week != null && <Text size="sm" className="bad">✕ {w.dropped(decay.drop_week + 1)}</Text>}
          <Text size="xs" className="quiet">{detail.variant.campaign_name} · {mail.campaign.step.toLowerCase()} {stepOf(detail.variant)}</Text>
        </Stack>
      </Paper>
    </SimpleGrid>
  );
}
