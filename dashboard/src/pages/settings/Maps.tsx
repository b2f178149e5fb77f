/** What an account's own words are taken for: categories of replies, dispositions of calls. */
import { NativeSelect, Stack, Table, Text, Title } from "@mantine/core";
import { useMayWrite } from "../../api/session";
import { showCount, UNKNOWN } from "../../figures/figure";
import { Refused, Requests } from "../../sources/Deeds";
import { type SourceLine, useSources } from "../../sources/query";
import { Await, Empty } from "../../states/Await";
import { running } from "../../words/running";
import { Section } from "./parts";
import { useLabels, useSetLabels } from "./query";

const w = running.maps;

export function Maps() {
  return (
    <Section title={w.title} about={w.about}>
      <Await query={useSources()} height={300}>
        {({ data }) => data.length === 0 ? <Empty why={running.health.none} todo={running.settings.addAbove} /> : (
          <Stack gap="xl">{data.filter(({ status }) => status !== "archived").map((source) => <Words key={source.id} source={source} />)}</Stack>
        )}
      </Await>
    </Section>
  );
}

function Words({ source }: { source: SourceLine }) {
  const set = useSetLabels(source.name);
  const mayWrite = useMayWrite();
  return (
    <section aria-label={source.name}>
      <Await query={useLabels(source.name)} height={320}>
        {({ kind, meanings, labels }) => (
          <Stack gap="xs">
            <Title order={3}>{source.name} <Text span size="sm" className="quiet">{w.kinds[kind as keyof typeof w.kinds] ?? kind}</Text></Title>
            {labels.length === 0 ? <Text size="sm" className="quiet">{w.none}</Text> : (
              <div className="scroll" tabIndex={0} role="region" aria-label={`${w.title}: ${source.name}`}>
                <Table aria-label={`${w.title}: ${source.name}`} maw={720}>
                  <Table.Thead><Table.Tr><Table.Th>{w.word}</Table.Th><Table.Th className="num">{w.seen}</Table.Th><Table.Th>{w.means}</Table.Th></Table.Tr></Table.Thead>
                  <Table.Tbody>
                    {labels.map((line) => (
                      <Table.Tr key={line.label}>
                        <Table.Td>{line.label}</Table.Td>
                        <Table.Td className="num">{showCount(line.seen)}</Table.Td>
                        <Table.Td>
                          {mayWrite ? (
                            <NativeSelect
                              size="xs" w={240} aria-label={`${w.means}: ${line.label}`} value={line.is_set ? (line.means ?? "") : ""} disabled={set.isPending}
                              onChange={(event) => set.mutate({ [line.label]: event.currentTarget.value || null })}
                              data={[{ value: "", label: line.is_set ? w.asNamed : w.asNamedNow(say(line.means)) }, ...meanings.map((value) => ({ value, label: say(value) }))]}
                            />
                          ) : say(line.means)}
                        </Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </div>
            )}
            <Refused error={set.error} />
            {set.isSuccess && <Requests name={source.name} />}
          </Stack>
        )}
      </Await>
    </section>
  );
}

const say = (word: string | null | undefined): string => word?.replaceAll("_", " ") ?? UNKNOWN;
