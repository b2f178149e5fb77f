/** Glossary: every metric, how it comes about and where from. */
import { Anchor, Code, Paper, Stack, Table, Text } from "@mantine/core";
import { type Definition, useExplanation, useGlossary } from "../../figures/definitions";
import { Origins } from "../../figures/Figure";
import { useFilters } from "../../search";
import { PageFrame } from "../../shell/Shell";
import { Await } from "../../states/Await";
import { CsvButton } from "../../table/CsvButton";
import { words } from "../../words";

const KINDS = ["campaigns", "calls", "journey"] as const;

export default function Glossary() {
  const query = useGlossary();
  const { search, change } = useFilters();
  return (
    <PageFrame
      title={words.nav.glossary} hasPeriod={false}
      aside={
        <CsvButton
          name={words.nav.glossary} head={[words.glossary.metric, words.glossary.name, words.explain.formula, words.glossary.know]}
          rows={() => (query.data?.data ?? []).map((line) => [line.title, line.name, line.formula, line.about])}
        />
      }
    >
      <Text className="quiet" maw={720}>{words.glossary.about}</Text>
      <Await query={query} height={600}>
        {({ data }) => (
          <Stack>
            {KINDS.map((kind) => (
              <Paper key={kind}>
                <div className="scroll" tabIndex={0} role="region" aria-label={words.glossary.kinds[kind]}>
                <Table aria-label={words.glossary.kinds[kind]} miw={640}>
                  <Table.Caption style={{ captionSide: "top", textAlign: "left", fontWeight: 600, color: "var(--mantine-color-text)" }}>{words.glossary.kinds[kind]}</Table.Caption>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{words.glossary.metric}</Table.Th>
                      <Table.Th>{words.explain.formula}</Table.Th>
                      <Table.Th>{words.glossary.know}</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {data.filter((line) => line.about_what === kind).map((line) => (
                      <Row key={line.name} line={line} isOpen={search.id === line.name} open={() => change({ id: search.id === line.name ? undefined : line.name }, true)} />
                    ))}
                  </Table.Tbody>
                </Table>
                </div>
              </Paper>
            ))}
          </Stack>
        )}
      </Await>
    </PageFrame>
  );
}

function Row({ line, isOpen, open }: { line: Definition; isOpen: boolean; open: () => void }) {
  return (
    <Table.Tr bg={isOpen ? "var(--atlas-ground)" : undefined}>
      <Table.Td style={{ verticalAlign: "top" }}>
        <Anchor component="button" type="button" size="sm" ta="left" onClick={open} aria-expanded={isOpen}>{line.title}</Anchor>
        <Text size="xs" className="quiet">{line.name}</Text>
      </Table.Td>
      <Table.Td style={{ verticalAlign: "top" }}><Code>{line.formula}</Code></Table.Td>
      <Table.Td style={{ verticalAlign: "top" }}>
        <Text size="sm">{line.about}</Text>
        {line.is_deemphasised && <Text size="xs" className="warn">{words.glossary.deemphasised}</Text>}
        {isOpen && <From metric={line.name} />}
      </Table.Td>
    </Table.Tr>
  );
}

function From({ metric }: { metric: string }) {
  const query = useExplanation(metric);
  return <Stack gap={4} mt="xs"><Origins origins={query.data?.origins ?? []} /></Stack>;
}
