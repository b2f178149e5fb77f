/** From when on something is worth an alert. */
import { Button, Group, Table, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "../../api/client";
import { useMayWrite } from "../../api/session";
import { Refused } from "../../sources/Deeds";
import { Await } from "../../states/Await";
import { since } from "../../time";
import { running } from "../../words/running";
import { Section } from "./parts";
import { useSetThresholds, useThresholds } from "./query";

const w = running.thresholds;
type Line = Schemas["ThresholdLine"];

export function Thresholds() {
  return (
    <Section title={w.title} about={w.about}>
      <Await query={useThresholds()} height={480}>
        {({ data }) => (
          <div className="scroll" tabIndex={0} role="region" aria-label={w.title}>
            <Table aria-label={w.title}>
              <Table.Thead><Table.Tr><Table.Th>{w.name}</Table.Th><Table.Th>{w.value}</Table.Th><Table.Th className="num">{w.usual}</Table.Th><Table.Th>{w.setBy}</Table.Th></Table.Tr></Table.Thead>
              <Table.Tbody>{data.map((line) => <Row key={`${line.name} ${line.value}`} line={line} />)}</Table.Tbody>
            </Table>
          </div>
        )}
      </Await>
    </Section>
  );
}

function Row({ line }: { line: Line }) {
  const set = useSetThresholds();
  const mayWrite = useMayWrite();
  const [text, setText] = useState(String(line.value));
  const value = Number(text);
  const isGood = text !== "" && value >= line.least && value <= line.most;
  const send = (next: number | null) => set.mutate({ [line.name]: next });
  return (
    <Table.Tr data-threshold={line.name}>
      <Table.Td><Text size="sm">{line.about}</Text><Text size="xs" className="quiet">{line.name}</Text></Table.Td>
      <Table.Td>
        <form onSubmit={(event) => { event.preventDefault(); if (isGood) send(value); }}>
          <Group gap="xs" wrap="nowrap">
            <TextInput size="xs" w={90} aria-label={line.about} value={text} onChange={(event) => setText(event.currentTarget.value)} readOnly={!mayWrite} error={!isGood} type="number" step="any" min={line.least} max={line.most} />
            {mayWrite && value !== line.value && <Button type="submit" size="compact-xs" disabled={!isGood} loading={set.isPending}>{running.settings.save}</Button>}
            {mayWrite && value === line.value && line.set_by && <Button variant="subtle" size="compact-xs" onClick={() => send(null)}>{w.asUsual}</Button>}
          </Group>
        </form>
        {!isGood && <Text size="xs" className="bad">{w.between(line.least, line.most)}</Text>}
        <Refused error={set.error} />
      </Table.Td>
      <Table.Td className="num">{line.usual}</Table.Td>
      <Table.Td>{line.set_by ? `${line.set_by}, ${since(line.set_at)}` : <span className="quiet">{w.nobody}</span>}</Table.Td>
    </Table.Tr>
  );
}
