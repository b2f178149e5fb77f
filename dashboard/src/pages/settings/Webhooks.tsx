/** Where the services post to, source by source. */
import { Stack, Text, Title } from "@mantine/core";
import { useSources } from "../../sources/query";
import { Webhook } from "../../sources/Webhook";
import { Await, Empty } from "../../states/Await";
import { words } from "../../words";
import { running } from "../../words/running";
import { Section } from "./parts";

export function Webhooks() {
  return (
    <Section title={running.webhooks.title} about={running.webhooks.about}>
      <Await query={useSources()} height={300}>
        {({ data }) => data.length === 0 ? <Empty why={running.health.none} todo={running.settings.addAbove} /> : (
          <Stack gap="lg">
            {data.filter(({ status }) => status !== "archived").map((source) => (
              <section key={source.id} aria-label={source.name}>
                <Title order={3} mb="xs">{source.name} <Text span size="sm" className="quiet">{words.platforms[source.platform as keyof typeof words.platforms] ?? source.platform}</Text></Title>
                <Webhook name={source.name} />
              </section>
            ))}
          </Stack>
        )}
      </Await>
    </Section>
  );
}
