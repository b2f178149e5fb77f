/** Templates, the best first by a rate that a small sample does not lift; two of them are laid side by side. */
import { Checkbox, Group, Paper, Text } from "@mantine/core";
import { useTitles } from "../../figures/definitions";
import { showCount } from "../../figures/figure";
import { useFilters } from "../../search";
import { Await } from "../../states/Await";
import { type Column, DataTable } from "../../table/Table";
import { words } from "../../words";
import { mail } from "../../words/mail";
import { Beside } from "./Beside";
import { DecayMark, decayWord, nameOf, Shrunken, showWeeks, stepOf, Template, VariantRate } from "./parts";
import { placeOf, useVariants, type Variant } from "./query";

const w = mail.copy;

export function Variants() {
  const { search } = useFilters();
  const chosen = chosenOf(search.id);
  return (
    <>
      {chosen.length === 2 && <Beside places={[chosen[0]!, chosen[1]!]} />}
      <Paper className="middling">
        <Await query={useVariants()} height={520}>{(lines) => <Ranked lines={lines} />}</Await>
      </Paper>
    </>
  );
}

/** At most two, parted by what no name of a source has. */
const chosenOf = (id: string | undefined): string[] => (id?.split("|") ?? []).filter(Boolean).slice(0, 2);

function Ranked({ lines }: { lines: Variant[] }) {
  const title = useTitles();
  const { search, change } = useFilters();
  const chosen = chosenOf(search.id);
  const toggle = (place: string) => {
    const rest = chosen.filter((one) => one !== place);
    // A third takes the place of the first.
    const next = rest.length < chosen.length ? rest : [...chosen.slice(-1), place];
    change({ id: next.length ? next.join("|") : undefined }, true);
  };
  const scale = Math.max(0.02, ...lines.filter((line) => (line.delivered ?? 0) >= 50).map((line) => line.reply_rate_high ?? 0));
  const columns: Column<Variant>[] = [
    { key: "subject_line", title: w.template, value: nameOf, view: (line) => <Template line={line} /> },
    {
      key: "compare", title: w.compare, isPicture: true, value: () => null,
      view: (line) => <Checkbox size="xs" aria-label={`${w.compare}: ${nameOf(line)} ${stepOf(line)}`} checked={chosen.includes(placeOf(line))} onChange={() => toggle(placeOf(line))} />,
    },
    { key: "campaign_name", title: words.filters.campaign, value: (line) => line.campaign_name ?? line.campaign_id, isExtra: true },
    { key: "step", title: mail.campaign.step, value: stepOf, isExtra: true },
    { key: "client_name", title: words.filters.client, value: (line) => line.client_name ?? null },
    { key: "delivered", title: title("total_delivered"), isNumber: true, value: (line) => line.delivered ?? null },
    {
      key: "reply_rate_shrunken", title: w.ranked, isNumber: true, value: (line) => line.reply_rate_shrunken ?? null,
      view: (line) => <Shrunken rate={line.reply_rate_shrunken} raw={line.reply_rate} n={line.delivered} metric="reply_rate" isEnough={line.is_enough} />,
    },
    { key: "reply_rate", title: title("reply_rate"), isNumber: true, value: (line) => line.reply_rate ?? null, view: (line) => <VariantRate line={line} metric="reply_rate" scale={scale} /> },
    { key: "reply_rate_low", title: w.low, isNumber: true, isExtra: true, value: (line) => line.reply_rate_low ?? null },
    { key: "reply_rate_high", title: w.high, isNumber: true, isExtra: true, value: (line) => line.reply_rate_high ?? null },
    { key: "positive_rate", title: title("positive_rate"), isNumber: true, value: (line) => line.positive_rate ?? null, view: (line) => <VariantRate line={line} metric="positive_rate" /> },
    { key: "is_enough", title: mail.campaign.enough, value: (line) => (line.is_enough ? mail.campaign.isEnough : mail.campaign.notEnough), view: (line) => <span className={line.is_enough ? "good" : "quiet"}>{line.is_enough ? mail.campaign.isEnough : mail.campaign.notEnough}</span> },
    { key: "decay_status", title: mail.campaign.decay, value: (line) => decayWord(line.decay_status), view: (line) => <DecayMark status={line.decay_status} /> },
    { key: "half_life_weeks", title: w.halfLife, isNumber: true, isExtra: true, value: (line) => line.half_life_weeks ?? null, view: (line) => showWeeks(line.half_life_weeks) },
    { key: "cta_type", title: w.features.cta_type, value: (line) => line.cta_type?.replaceAll("_", " ") ?? null, isExtra: true },
    { key: "opening_type", title: w.features.opening_type, value: (line) => line.opening_type?.replaceAll("_", " ") ?? null, isExtra: true },
    { key: "body_words", title: w.features.body_words, isNumber: true, value: (line) => line.body_words ?? null, isExtra: true },
    { key: "language", title: w.features.language, value: (line) => line.language ?? null, isExtra: true },
  ];
  return (
    <DataTable
      name="copy-variants" rows={lines} columns={columns} sort="-reply_rate_shrunken" id={(line) => `${placeOf(line)} ${line.campaign_id}`} empty={{ why: w.none, todo: w.noneTodo }}
      above={<Group gap="sm"><Text size="xs" className="quiet">{w.enoughOf(showCount(lines.filter((line) => line.is_enough).length), showCount(lines.length))} {chosen.length === 1 ? w.oneMore : w.chooseTwo}</Text></Group>}
    />
  );
}
