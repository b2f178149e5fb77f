/** Whose campaigns are whose: by hand, else by a rule on their names, else as the source or its service says. */
import { Button, Code, Group, NativeSelect, Paper, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useMayWrite } from "../../api/session";
import { type Campaign, CampaignName, nameOf } from "../campaigns/parts";
import { useCampaigns } from "../../shell/choices";
import { Refused } from "../../sources/Deeds";
import { Await } from "../../states/Await";
import { Lines } from "../../table/Lines";
import { type Column, DataTable } from "../../table/Table";
import { exact } from "../../time";
import { words } from "../../words";
import { running } from "../../words/running";
import { Form, Remove, Section } from "../settings/parts";
import { type NewRule, useAddClient, useAddRule, useAssign, useClientNames, useReason, useRemoveRule, useRules } from "./query";

const w = words.whose;

export function Whose() {
  const mayWrite = useMayWrite();
  return (
    <Stack gap="md">
      <Rules mayWrite={mayWrite} />
      <ByHand mayWrite={mayWrite} />
    </Stack>
  );
}

function Rules({ mayWrite }: { mayWrite: boolean }) {
  const [add, remove, name] = [useAddRule(), useRemoveRule(), useAddClient()];
  const names = useClientNames().data?.data ?? [];
  return (
    <Section title={w.rules} about={w.rulesAbout}>
      {mayWrite && (
        <Group gap="xl" align="flex-start">
          <Form button={w.addRule} send={(form) => add.mutateAsync({ client: String(form.get("client")), kind: String(form.get("kind")) as NewRule["kind"], pattern: String(form.get("pattern")) })}>
            <NativeSelect size="xs" name="kind" label={w.kind} data={[{ value: "contains", label: w.kinds.contains }, { value: "pattern", label: w.kinds.pattern }]} />
            <TextInput size="xs" name="pattern" label={w.pattern} placeholder="Acme |" required maxLength={200} />
            <TextInput size="xs" name="client" label={words.filters.client} required maxLength={200} list="client-names" />
          </Form>
          <Form button={w.addClient} send={(form) => name.mutateAsync(String(form.get("name")))}>
            <TextInput size="xs" name="name" label={w.newClient} required maxLength={200} />
          </Form>
          <datalist id="client-names">{names.map((one) => <option key={one.name} value={one.name} />)}</datalist>
        </Group>
      )}
      <Refused error={remove.error} />
      <Await query={useRules()} height={120}>
        {({ data }) => (
          <Lines
            label={w.rules} empty={w.noRules} head={[w.order, w.kind, w.pattern, words.filters.client, running.settings.by, running.settings.made, ""]}
            rows={data.map((rule, index) => ({
              key: rule.id,
              cells: [index + 1, w.kinds[rule.kind], <Code key="pattern">{rule.pattern}</Code>, rule.client, rule.created_by, exact(rule.created_at), mayWrite && <Remove key="remove" what={rule.pattern} remove={() => remove.mutate(rule.id)} />],
            }))}
          />
        )}
      </Await>
    </Section>
  );
}

function ByHand({ mayWrite }: { mayWrite: boolean }) {
  const campaigns = useCampaigns();
  const [open, setOpen] = useState<string>();
  const keyOf = (line: Campaign) => `${line.source_name} ${line.campaign_id}`;
  const columns: Column<Campaign>[] = [
    { key: "campaign_name", title: words.campaigns.name, value: nameOf, view: (line) => <CampaignName line={line} /> },
    { key: "client_name", title: words.filters.client, value: (line) => line.client_name ?? null },
    { key: "source_name", title: words.filters.source, value: (line) => line.source_name },
    {
      key: "change", title: w.why, isPicture: true, value: () => null,
      view: (line) => open === keyOf(line)
        ? <Reason line={line} mayWrite={mayWrite} done={() => setOpen(undefined)} />
        : <Button variant="subtle" size="compact-xs" aria-label={`${mayWrite ? w.whyOrChange : w.whyOpen}: ${nameOf(line)}`} onClick={() => setOpen(keyOf(line))}>{mayWrite ? w.whyOrChange : w.whyOpen}</Button>,
    },
  ];
  return (
    <Section title={w.byHand} about={w.byHandAbout}>
      <Await query={campaigns} height={420}>
        {(rows) => <DataTable name="campaign-clients" rows={rows} columns={columns} id={keyOf} pageSize={25} empty={{ why: words.campaigns.none, todo: words.campaigns.noneTodo }} />}
      </Await>
    </Section>
  );
}

/** Why it is that client's, and the way to say otherwise. */
export function Reason({ line, mayWrite, done }: { line: Pick<Campaign, "source_name" | "campaign_id" | "client_name">; mayWrite: boolean; done: () => void }) {
  const place = { source: line.source_name, id: line.campaign_id };
  const assign = useAssign();
  const names = useClientNames().data?.data ?? [];
  const [name, setName] = useState(line.client_name ?? "");
  const send = (client: string | null) => assign.mutate({ ...place, client }, { onSuccess: done });
  return (
    <Await query={useReason(place)} height={32}>
      {(reason) => (
        <Paper p="sm" style={{ minWidth: 260 }}>
          <Text size="sm" mb="xs" data-reason>{reason.reason}</Text>
          {mayWrite && (
            <form onSubmit={(event) => { event.preventDefault(); if (name.trim()) send(name.trim()); }}>
              <Group gap="xs">
                <NativeSelect size="xs" aria-label={w.give} value={name} onChange={(event) => setName(event.currentTarget.value)} data={[...new Set(["", name, ...names.map((one) => one.name)])]} />
                <Button type="submit" loading={assign.isPending} disabled={!name.trim()}>{w.give}</Button>
                {reason.because === "hand" && <Button variant="default" onClick={() => send(null)}>{w.takeBack}</Button>}
                <Button variant="subtle" onClick={done}>{words.keys.close}</Button>
              </Group>
            </form>
          )}
          <Refused error={assign.error} />
        </Paper>
      )}
    </Await>
  );
}
