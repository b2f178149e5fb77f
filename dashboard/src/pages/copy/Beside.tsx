/** Two templates side by side: what differs in their text, in what they are like, and in what came of them. */
import { Alert, Badge, Button, Group, Paper, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { diffWordsWithSpace } from "diff";
import { useTitles } from "../../figures/definitions";
import { showCount, showRate, UNKNOWN } from "../../figures/figure";
import { Letter, LookSwitch, useLook } from "../../letters/Letter";
import { useFilters } from "../../search";
import { Await } from "../../states/Await";
import { words } from "../../words";
import { mail } from "../../words/mail";
import { DecayMark, Fact, featureWord, showWeeks, stepOf, VariantRate } from "./parts";
import { type Detail, pageOf, useVariant } from "./query";
import { judge } from "./verdict";

const w = mail.copy;

export function Beside({ places }: { places: [string, string] }) {
  const { change } = useFilters();
  const [left, right] = [useVariant(places[0]), useVariant(places[1])];
  const both = left.data && right.data ? ([left.data, right.data] as const) : undefined;
  const failed = left.isError ? left : right;
  return (
    <Paper component="section" aria-label={w.beside}>
      <Group justify="space-between" mb="sm">
        <Title order={2}>{w.beside}</Title>
        <Button variant="subtle" onClick={() => change({ id: undefined }, true)}>{words.keys.close}</Button>
      </Group>
      <Await query={{ ...failed, data: both }} height={360}>{([a, b]) => <Both a={a} b={b} />}</Await>
    </Paper>
  );
}

function Both({ a, b }: { a: Detail; b: Detail }) {
  const isLaidOut = a.body_html != null || b.body_html != null;
  return (
    <Stack gap="md">
      <Verdict a={a} b={b} />
      {isLaidOut && <LookSwitch usual="text" />}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Side one={a} other={b} is="A" />
        <Side one={b} other={a} is="B" />
      </SimpleGrid>
      <Features a={a} b={b} />
    </Stack>
  );
}

function Verdict({ a, b }: { a: Detail; b: Detail }) {
  const found = judge(a.variant, b.variant);
  const text = found === "unknown" ? w.verdicts.unknown : found === "not_conclusive" ? w.verdicts.notConclusive : w.verdicts.better(found === "a" ? "A" : "B");
  const isElsewhere = a.variant.source_id !== b.variant.source_id || a.variant.campaign_id !== b.variant.campaign_id || a.variant.step_number !== b.variant.step_number;
  return (
    <Alert variant="light" color={found === "a" || found === "b" ? "teal" : "gray"} title={text} styles={{ title: { color: "var(--mantine-color-text)" } }}>
      <Text size="sm">{w.verdicts.how}{isElsewhere && ` ${w.verdicts.elsewhere}`}</Text>
    </Alert>
  );
}

function Side({ one, other, is }: { one: Detail; other: Detail; is: "A" | "B" }) {
  const title = useTitles();
  const line = one.variant;
  const scale = Math.max(0.01, line.reply_rate_high ?? 0, other.variant.reply_rate_high ?? 0);
  const look = useLook("text");
  return (
    <Stack gap="sm" component="section" aria-label={is} style={{ minWidth: 0 }}>
      <Group gap="sm" wrap="nowrap">
        <Badge size="lg" variant="light" style={{ flex: "none" }} styles={{ label: { color: "var(--mantine-color-text)" } }}>{is}</Badge>
        <Text size="sm" className="quiet">{line.campaign_name ?? line.campaign_id} · {mail.campaign.step.toLowerCase()} {stepOf(line)}</Text>
      </Group>
      <Group gap="lg">
        <Fact name={title("total_delivered")}>{showCount(line.delivered ?? null)}</Fact>
        <Fact name={title("reply_rate")}><VariantRate line={line} metric="reply_rate" scale={scale} /></Fact>
        <Fact name={w.interval}>{range(line.reply_rate_low, line.reply_rate_high)}</Fact>
        <Fact name={title("positive_rate")}><VariantRate line={line} metric="positive_rate" /></Fact>
        <Fact name={mail.campaign.decay}><DecayMark status={one.decay?.status} />{one.decay?.half_life_weeks != null && ` ${showWeeks(one.decay.half_life_weeks)}`}</Fact>
      </Group>
      {look === "layout" ? <Letter title={mail.letters.template(is)} address={pageOf(line)} /> : <Written one={one} other={other} is={is} />}
    </Stack>
  );
}

/** Its text, with what the other one has not. */
function Written({ one, other, is }: { one: Detail; other: Detail; is: "A" | "B" }) {
  return (
    <div className="letter">
      <Text fw={600} size="sm" mb="xs"><Differing mine={one.variant.subject_line ?? ""} theirs={other.variant.subject_line ?? ""} is={is} /></Text>
      {one.body_plain == null
        ? <Text size="sm" className="quiet">{w.noText}</Text>
        : <Text size="sm" className="written">{other.body_plain == null ? one.body_plain : <Differing mine={one.body_plain} theirs={other.body_plain} is={is} />}</Text>}
    </div>
  );
}

const range = (low: number | null | undefined, high: number | null | undefined): string => (low == null || high == null ? UNKNOWN : `${showRate(low)} – ${showRate(high)}`);

/** What only this one has is marked; as text, never as HTML. */
function Differing({ mine, theirs, is }: { mine: string; theirs: string; is: "A" | "B" }) {
  const parts = is === "A" ? diffWordsWithSpace(mine, theirs) : diffWordsWithSpace(theirs, mine);
  return parts.filter((part) => !(is === "A" ? part.added : part.removed)).map((part, index) => {
    if (!part.added && !part.removed) return <span key={index}>{part.value}</span>;
    return is === "A" ? <del key={index} className="only-a">{part.value}</del> : <ins key={index} className="only-b">{part.value}</ins>;
  });
}

const say = (value: unknown): string => {
  if (value === null || value === undefined) return UNKNOWN;
  if (typeof value === "boolean") return value ? w.yes : w.no;
  if (typeof value === "number") return Number.isInteger(value) ? showCount(value) : value.toFixed(2);
  return String(value).replaceAll("_", " ");
};

/** Keys and versions are about the row, not the text. */
const ABOUT_ROW = new Set(["source_id", "variant_id", "campaign_id", "text_hash", "extractor_version", "extracted_at"]);

function Features({ a, b }: { a: Detail; b: Detail }) {
  const [left, right] = [a.features ?? {}, b.features ?? {}] as [Record<string, unknown>, Record<string, unknown>];
  const names = Object.keys({ ...left, ...right }).filter((name) => !ABOUT_ROW.has(name) && say(left[name]) !== say(right[name]));
  if (names.length === 0) return <Text size="sm" className="quiet">{a.features && b.features ? w.alike : w.notReadYet}</Text>;
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={w.differences}>
      <Title order={3} mb="xs">{w.differences}</Title>
      <Table aria-label={w.differences} maw={720}>
        <Table.Thead><Table.Tr><Table.Th>{w.feature}</Table.Th><Table.Th className="num">A</Table.Th><Table.Th className="num">B</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>
          {names.map((name) => <Table.Tr key={name}><Table.Td>{featureWord(name)}</Table.Td><Table.Td className="num">{say(left[name])}</Table.Td><Table.Td className="num">{say(right[name])}</Table.Td></Table.Tr>)}
        </Table.Tbody>
      </Table>
    </div>
  );
}
