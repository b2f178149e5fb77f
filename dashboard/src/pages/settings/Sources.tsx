/** The accounts that data is read from: added, tested, synced, changed, archived and removed from here. */
import { Anchor, Badge, Button, Collapse, Group, NativeSelect, Paper, PasswordInput, SimpleGrid, Stack, Text, TextInput, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useMayWrite } from "../../api/session";
import { Deeds, Refused } from "../../sources/Deeds";
import { type SourceChange, type SourceLine, useArchive, useChange, useRemove, useSources } from "../../sources/query";
import { Await, Empty } from "../../states/Await";
import { exact, since } from "../../time";
import { words } from "../../words";
import { running } from "../../words/running";
import { Form, Remove, Section } from "./parts";
import { useAddSource } from "./query";

const w = running.settings;

export function Sources() {
  return (
    <Stack gap="md">
      <Section title={w.sources} about={w.sourcesAbout}>
        {useMayWrite() && <Add />}
      </Section>
      <Await query={useSources()} height={200}>
        {({ data }) => data.length === 0 ? <Paper><Empty why={running.health.none} todo={w.addAbove} /></Paper> : data.map((source) => <Source key={source.id} source={source} />)}
      </Await>
    </Stack>
  );
}

function Add() {
  const add = useAddSource();
  const send = (form: FormData) =>
    add.mutateAsync({
      platform: String(form.get("platform")), name: String(form.get("name")), api_key: String(form.get("key")),
      client: String(form.get("client")) || null, time_zone: String(form.get("zone")) || null, settings: {},
    });
  return (
    <Form button={w.addSource} send={send}>
      <NativeSelect size="xs" name="platform" label={words.filters.platform} data={Object.entries(words.platforms).map(([value, label]) => ({ value, label }))} />
      <TextInput size="xs" name="name" label={w.name} required />
      <PasswordInput size="xs" name="key" label={w.key} required w={200} autoComplete="off" visibilityToggleButtonProps={{ "aria-label": w.showKey }} />
      <TextInput size="xs" name="client" label={words.filters.client} placeholder="–" />
      <TextInput size="xs" name="zone" label={w.zone} placeholder="Europe/London" />
    </Form>
  );
}

function Source({ source }: { source: SourceLine }) {
  const [isChanging, setIsChanging] = useState(false);
  const archive = useArchive(source.name);
  const remove = useRemove(source.name);
  const isArchived = source.status === "archived";
  const mayWrite = useMayWrite();
  return (
    <Paper component="section" aria-label={source.name}>
      <Stack gap="sm">
        <Group justify="space-between" align="flex-start">
          <div>
            <Group gap="sm">
              <Title order={2}>{source.name}</Title>
              <Badge variant="light" tt="none" color={isArchived ? "gray" : "teal"} styles={{ label: { color: "var(--mantine-color-text)" } }}>{isArchived ? w.archived : w.active}</Badge>
            </Group>
            <Text size="sm" className="quiet">
              {[words.platforms[source.platform as keyof typeof words.platforms] ?? source.platform, source.client, source.time_zone, source.base_url].filter(Boolean).join(" · ")}
              {" · "}{w.added.toLowerCase()} {exact(source.created_at)}
              {" · "}{source.last_sync_at ? `${words.explain.read.toLowerCase()} ${since(source.last_sync_at)}` : words.freshness.never.toLowerCase()}
            </Text>
          </div>
          <Group gap="xs">
            <Anchor component={Link} to="/health" search={{ source: source.name } as never} size="sm" aria-label={`${words.nav.health}: ${source.name}`}>{words.nav.health}</Anchor>
            {mayWrite && <Button variant="default" aria-expanded={isChanging} aria-label={`${w.change}: ${source.name}`} onClick={() => setIsChanging(!isChanging)}>{w.change}</Button>}
            {mayWrite && <Button variant="default" loading={archive.isPending} title={w.archiveAbout} aria-label={`${isArchived ? w.restore : w.archive}: ${source.name}`} onClick={() => archive.mutate(!isArchived)}>{isArchived ? w.restore : w.archive}</Button>}
            {mayWrite && isArchived && <Remove what={source.name} remove={() => remove.mutate()} />}
          </Group>
        </Group>
        <Refused error={archive.error ?? remove.error} />
        <Deeds name={source.name} isArchived={isArchived} />
        <Collapse expanded={isChanging}>{isChanging && <Change source={source} done={() => setIsChanging(false)} />}</Collapse>
      </Stack>
    </Paper>
  );
}

function Change({ source, done }: { source: SourceLine; done: () => void }) {
  const change = useChange(source.name);
  const settings = source.settings as Record<string, string>;
  const send = async (form: FormData) => {
    const said = (name: string) => String(form.get(name) ?? "").trim();
    const differing = Object.entries(settings).filter(([name, value]) => said(`set ${name}`) !== value).map(([name]) => [name, said(`set ${name}`)]);
    const body: SourceChange = {
      ...(said("client") !== (source.client ?? "") && { client: said("client") }),
      ...(said("zone") !== source.time_zone && { time_zone: said("zone") }),
      ...(said("key") && { api_key: said("key") }),
      ...(differing.length > 0 && { settings: Object.fromEntries(differing) as Record<string, string> }),
    };
    if (Object.keys(body).length > 0) await change.mutateAsync(body);
    done();
  };
  return (
    <Form button={w.save} send={send}>
      <Stack gap="sm" w="100%">
        <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="sm">
          <TextInput size="xs" name="client" label={words.filters.client} description={w.clientAbout} defaultValue={source.client ?? ""} />
          <TextInput size="xs" name="zone" label={w.zone} description={w.zoneAbout} defaultValue={source.time_zone} required />
          <PasswordInput size="xs" name="key" label={w.newKey} description={w.newKeyAbout} autoComplete="off" visibilityToggleButtonProps={{ "aria-label": w.showKey }} />
        </SimpleGrid>
        <SimpleGrid cols={{ base: 1, xs: 2, sm: 3, lg: 4 }} spacing="sm">
          {Object.entries(settings).map(([name, value]) => (
            <TextInput key={name} size="xs" name={`set ${name}`} label={<code>{name}</code>} defaultValue={value} placeholder={w.noValue} />
          ))}
        </SimpleGrid>
      </Stack>
    </Form>
  );
}
