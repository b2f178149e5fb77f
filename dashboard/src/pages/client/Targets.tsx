/** What a client is promised a week, metric by metric. */
import { Paper, SimpleGrid, Text, TextInput, Title } from "@mantine/core";
import { useMayWrite } from "../../api/session";
import { useTargetTitles } from "../../figures/definitions";
import { Await } from "../../states/Await";
import { words } from "../../words";
import { running } from "../../words/running";
import { isLessBetter } from "../clients/standing";
import { Form } from "../settings/parts";
import { useSetTargets, useTargets } from "./query";

const w = words.week;

/** Those that the week is told by, and what else is promised often. */
const METRICS = ["total_sent", "reply_rate", "positive_replies", "bounce_rate", "connects", "meetings_booked"] as const;

/** What a person types: rates in per cent. */
const typed = (metric: string, value: number | undefined): string => (value === undefined ? "" : String(metric.endsWith("_rate") ? Number((value * 100).toFixed(4)) : value));

function read(metric: string, text: string): number | null {
  return text === "" ? null : metric.endsWith("_rate") ? Number(text) / 100 : Number(text);
}

export function Targets({ client }: { client: string }) {
  const title = useTargetTitles();
  const set = useSetTargets(client);
  const mayWrite = useMayWrite();
  return (
    <Paper component="section" aria-label={w.targets}>
      <Title order={2}>{w.targets}</Title>
      <Text size="sm" className="quiet" mb="md">{w.targetsAbout}</Text>
      <Await query={useTargets(client)} height={160}>
        {(targets) => (
          <Form key={JSON.stringify(targets)} button={running.settings.save} send={(form) => set.mutateAsync(Object.fromEntries([...new Set([...METRICS, ...Object.keys(targets)])].map((metric) => [metric, read(metric, String(form.get(metric) ?? ""))])))}>
            <SimpleGrid cols={{ base: 1, xs: 2, sm: 3 }} spacing="sm" w="100%">
              {[...new Set([...METRICS, ...Object.keys(targets)])].map((metric) => (
                <TextInput
                  key={metric} size="xs" name={metric} label={title(metric)} description={isLessBetter(metric) ? w.atMost : w.atLeast}
                  defaultValue={typed(metric, targets[metric])} placeholder={running.settings.noValue} rightSection={metric.endsWith("_rate") ? <Text size="xs" className="quiet">%</Text> : undefined} type="number" step="any" min={0} readOnly={!mayWrite}
                />
              ))}
            </SimpleGrid>
          </Form>
        )}
      </Await>
    </Paper>
  );
}
