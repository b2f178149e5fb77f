/** Who may see what: share links, users, tokens; and who changed what. */
import { NativeSelect, NumberInput, PasswordInput, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import type { Schemas } from "../../api/client";
import { useChoices } from "../../shell/choices";
import { Refused } from "../../sources/Deeds";
import { Await } from "../../states/Await";
import { Lines } from "../../table/Lines";
import { exact, since } from "../../time";
import { words } from "../../words";
import { mail } from "../../words/mail";
import { running } from "../../words/running";
import { Form, Once, Remove, Section } from "./parts";
import { type Token, useAddShare, useAddToken, useAddUser, useDeeds, useRemoveUser, useRevokeShare, useRevokeToken, useShareLinks, useTokens, useUsers } from "./query";

const w = running.settings;

const tokenCells = (token: Token): ReactNode[] => [exact(token.created_at), token.created_by, token.expires_at ? exact(token.expires_at) : w.never, token.last_used_at ? since(token.last_used_at) : w.notUsed];

export function ShareLinks() {
  const { client: clients } = useChoices();
  const add = useAddShare();
  const revoke = useRevokeShare();
  return (
    <Section title={w.links} about={w.linksAbout}>
      <Form button={w.makeLink} send={(form) => add.mutateAsync({ client: String(form.get("client")), expires_in_days: Number(form.get("days")) || null })}>
        <NativeSelect size="xs" name="client" label={words.filters.client} required data={clients} w={180} />
        <NumberInput size="xs" name="days" label={w.days} defaultValue={90} min={1} max={3650} w={110} hideControls />
      </Form>
      {add.data && <Once text={add.data.url} />}
      <Refused error={revoke.error} />
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

export function Users() {
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
      <Refused error={remove.error} />
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

export function Tokens() {
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
      <Refused error={revoke.error} />
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

export function Log() {
  return (
    <Section title={w.log} about={w.logAbout}>
      <Await query={useDeeds()} height={200}>
        {({ data }) => (
          <Lines label={w.log} empty={w.noLog} head={[mail.replies.when, mail.replies.who, w.deed, w.subject]} rows={data.map((deed) => ({ key: deed.id, cells: [exact(deed.at), deed.who, deed.deed, deed.subject] }))} />
        )}
      </Await>
    </Section>
  );
}
