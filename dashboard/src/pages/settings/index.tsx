/** Settings: sources, users, tokens, share links, and who changed what. */
import { Alert, Button, Code, CopyButton, Group, NativeSelect, NumberInput, Paper, PasswordInput, Stack, Table, Tabs, Text, TextInput, Title, VisuallyHidden } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { Failure, type Schemas } from "../../api/client";
import { whoIsHere } from "../../api/session";
import { useFilters } from "../../search";
import { useChoices } from "../../shell/choices";
import { PageFrame } from "../../shell/Shell";
import { Await, Empty } from "../../states/Await";
import { exact, since } from "../../time";
import { words } from "../../words";
import { useSources } from "../health/query";
import {
  type Token, useAddShare, useAddSource, useAddToken, useAddUser, useDeeds, useRemoveUser, useRevokeShare, useRevokeToken, useShareLinks, useTokens, useUsers,
} from "./query";

const w = words.settings;

export default function Settings() {
  const { search, change } = useFilters();
  const isAdmin = useQuery(whoIsHere).data?.level === "admin";
  return (
    <PageFrame title={words.nav.settings} hasPeriod={false}>
      <Tabs value={search.tab ?? "sources"} onChange={(tab) => change({ tab: tab && tab !== "sources" ? tab : undefined })} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="sources">{w.sources}</Tabs.Tab>
          <Tabs.Tab value="links">{w.links}</Tabs.Tab>
          {isAdmin && <Tabs.Tab value="users">{w.users}</Tabs.Tab>}
          {isAdmin && <Tabs.Tab value="tokens">{w.tokens}</Tabs.Tab>}
          {isAdmin && <Tabs.Tab value="log">{w.log}</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value="sources"><Sources /></Tabs.Panel>
        <Tabs.Panel value="links"><ShareLinks /></Tabs.Panel>
        <Tabs.Panel value="users"><Users /></Tabs.Panel>
        <Tabs.Panel value="tokens"><Tokens /></Tabs.Panel>
        <Tabs.Panel value="log"><Log /></Tabs.Panel>
      </Tabs>
    </PageFrame>
  );
}

function Section({ title, about, children }: { title: string; about: string; children: ReactNode }) {
  return (
    <Paper component="section" aria-label={title}>
      <Title order={2}>{title}</Title>
      <Text size="sm" className="quiet" mb="md" maw={720}>{about}</Text>
      <Stack gap="md">{children}</Stack>
    </Paper>
  );
}

function Lines({ label, head, rows, empty }: { label: string; head: string[]; rows: { key: string | number; cells: ReactNode[] }[]; empty: string }) {
  if (rows.length === 0) return <Empty why={empty} />;
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={label}>
      <Table aria-label={label}>
        <Table.Thead><Table.Tr>{head.map((title) => <Table.Th key={title}>{title || <VisuallyHidden>{w.action}</VisuallyHidden>}</Table.Th>)}</Table.Tr></Table.Thead>
        <Table.Tbody>{rows.map(({ key, cells }) => <Table.Tr key={key}>{cells.map((cell, index) => <Table.Td key={head[index]}>{cell}</Table.Td>)}</Table.Tr>)}</Table.Tbody>
      </Table>
    </div>
  );
}

/** A form that says why it was refused. */
function Form({ send, button, children }: { send: (form: FormData) => Promise<unknown>; button: string; children: ReactNode }) {
  const [error, setError] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    setIsBusy(true);
    try {
      await send(new FormData(form));
      form.reset();
      setError(undefined);
    } catch (failure) {
      setError(failure instanceof Failure ? failure.detail : words.states.unreachable);
    }
    setIsBusy(false);
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack gap="sm">
        <Group gap="sm" align="flex-end">{children}<Button type="submit" loading={isBusy}>{button}</Button></Group>
        {error && <Text size="sm" className="bad" role="alert">{error}</Text>}
      </Stack>
    </form>
  );
}

/** What is told this once. */
function Once({ text }: { text: string }) {
  return (
    <Alert color="teal" variant="light" title={w.once}>
      <Group gap="sm" wrap="nowrap">
        <Code style={{ overflowWrap: "anywhere" }} data-secret>{text}</Code>
        <CopyButton value={text}>{({ copied, copy }) => <Button variant="default" onClick={copy}>{copied ? w.copied : w.copy}</Button>}</CopyButton>
      </Group>
    </Alert>
  );
}

function Remove({ what, remove }: { what: string; remove: () => void }) {
  const [isSure, setIsSure] = useState(false);
  return isSure ? (
    <Group gap="xs" wrap="nowrap"><Button color="red" size="compact-xs" onClick={remove}>{w.sure}</Button><Button variant="subtle" size="compact-xs" onClick={() => setIsSure(false)}>{w.keep}</Button></Group>
  ) : (
    <Button variant="subtle" color="red" size="compact-xs" aria-label={`${w.remove}: ${what}`} onClick={() => setIsSure(true)}>{w.remove}</Button>
  );
}

function Sources() {
  const add = useAddSource();
  const mayAdd = useQuery(whoIsHere).data?.level !== "read";
  const send = (form: FormData) =>
    add.mutateAsync({
      platform: String(form.get("platform")), name: String(form.get("name")), api_key: String(form.get("key")),
      client: String(form.get("client")) || null, time_zone: String(form.get("zone")) || null, settings: {},
    });
  return (
    <Section title={w.sources} about={w.sourcesAbout}>
      {mayAdd && (
        <Form button={w.addSource} send={send}>
          <NativeSelect size="xs" name="platform" label={words.filters.platform} data={Object.entries(words.platforms).map(([value, label]) => ({ value, label }))} />
          <TextInput size="xs" name="name" label={w.name} required />
          <PasswordInput size="xs" name="key" label={w.key} required w={200} autoComplete="off" visibilityToggleButtonProps={{ "aria-label": w.showKey }} />
          <TextInput size="xs" name="client" label={words.filters.client} placeholder="–" />
          <TextInput size="xs" name="zone" label={w.zone} placeholder="Europe/London" />
        </Form>
      )}
      <Await query={useSources()} height={200}>
        {({ data }) => (
          <Lines
            label={w.sources} empty={words.health.none} head={[w.name, words.filters.platform, words.filters.client, w.zone, w.added, words.filters.status]}
            rows={data.map((source) => ({
              key: source.id,
              cells: [source.name, words.platforms[source.platform as keyof typeof words.platforms] ?? source.platform, source.client ?? "–", source.time_zone, exact(source.created_at), source.status],
            }))}
          />
        )}
      </Await>
    </Section>
  );
}

const tokenCells = (token: Token): ReactNode[] => [exact(token.created_at), token.created_by, token.expires_at ? exact(token.expires_at) : w.never, token.last_used_at ? since(token.last_used_at) : w.notUsed];

function ShareLinks() {
  const { client: clients } = useChoices();
  const add = useAddShare();
  const revoke = useRevokeShare();
  return (
    <Section title={w.links} about={w.linksAbout}>
      <Form button={w.makeLink} send={(form) => add.mutateAsync({ client: String(form.get("client")), expires_in_days: Number(form.get("days")) || null })}>
        <NativeSelect size="xs" name="client" label={words.filters.client} required data={clients} />
        <NumberInput size="xs" name="days" label={w.days} defaultValue={90} min={1} max={3650} w={110} hideControls />
      </Form>
      {add.data && <Once text={add.data.url} />}
      <Await query={useShareLinks()} height={160}>
        {({ data }) => (
          <Lines
            label={w.links} empty={w.noLinks} head={[words.filters.client, w.made, w.by, w.expires, w.used, ""]}
            rows={data.map((token) => ({ key: token.id, cells: [token.client ?? "–", ...tokenCells(token), <Remove key="remove" what={token.name} remove={() => revoke.mutate(token.id)} />] }))}
          />
        )}
      </Await>
    </Section>
  );
}

function Users() {
  const { client: clients } = useChoices();
  const add = useAddUser();
  const remove = useRemoveUser();
  return (
    <Section title={w.users} about={w.usersAbout}>
      <Form
        button={w.addUser}
        send={(form) => add.mutateAsync({ email: String(form.get("email")), role: String(form.get("role")) as Schemas["Role"], client: String(form.get("client")) || null, password: String(form.get("password")) })}
      >
        <TextInput size="xs" name="email" type="email" label={w.email} required autoComplete="off" />
        <PasswordInput size="xs" name="password" label={w.password} required minLength={10} w={180} autoComplete="new-password" visibilityToggleButtonProps={{ "aria-label": w.show }} />
        <NativeSelect size="xs" name="role" label={w.role} data={w.roles.map(([value, label]) => ({ value, label }))} />
        <NativeSelect size="xs" name="client" label={w.onlyClient} data={[{ value: "", label: "–" }, ...clients]} />
      </Form>
      <Await query={useUsers()} height={160}>
        {({ data }) => (
          <Lines
            label={w.users} empty={w.noUsers} head={[w.email, w.role, words.filters.client, w.added, w.lastSignIn, ""]}
            rows={data.map((user) => ({
              key: user.id,
              cells: [user.email, w.roles.find(([value]) => value === user.role)?.[1] ?? user.role, user.client ?? "–", exact(user.created_at), user.last_sign_in_at ? since(user.last_sign_in_at) : w.notUsed, <Remove key="remove" what={user.email} remove={() => remove.mutate(user.email)} />],
            }))}
          />
        )}
      </Await>
    </Section>
  );
}

function Tokens() {
  const { client: clients } = useChoices();
  const add = useAddToken();
  const revoke = useRevokeToken();
  return (
    <Section title={w.tokens} about={w.tokensAbout}>
      <Form
        button={w.makeToken}
        send={(form) => add.mutateAsync({ name: String(form.get("name")), scope: String(form.get("scope")) as Schemas["Scope"], client: String(form.get("client")) || null, expires_in_days: Number(form.get("days")) || null })}
      >
        <TextInput size="xs" name="name" label={w.name} required />
        <NativeSelect size="xs" name="scope" label={w.scope} data={w.scopes.map(([value, label]) => ({ value, label }))} />
        <NativeSelect size="xs" name="client" label={w.onlyClient} data={[{ value: "", label: "–" }, ...clients]} />
        <NumberInput size="xs" name="days" label={w.days} placeholder={w.never} min={1} max={3650} w={110} hideControls />
      </Form>
      {add.data && <Once text={add.data.token} />}
      <Await query={useTokens()} height={160}>
        {({ data }) => (
          <Lines
            label={w.tokens} empty={w.noTokens} head={[w.name, w.scope, words.filters.client, w.made, w.by, w.expires, w.used, ""]}
            rows={data.map((token) => ({ key: token.id, cells: [token.name, token.scope, token.client ?? "–", ...tokenCells(token), <Remove key="remove" what={token.name} remove={() => revoke.mutate(token.id)} />] }))}
          />
        )}
      </Await>
    </Section>
  );
}

function Log() {
  return (
    <Section title={w.log} about={w.logAbout}>
      <Await query={useDeeds()} height={200}>
        {({ data }) => (
          <Lines label={w.log} empty={w.noLog} head={[words.replies.when, words.replies.who, w.deed, w.subject]} rows={data.map((deed) => ({ key: deed.id, cells: [exact(deed.at), deed.who, deed.deed, deed.subject] }))} />
        )}
      </Await>
    </Section>
  );
}
