/** What every part of the settings is made of: a section, a form that says why it was refused. */
import { Alert, Button, Code, CopyButton, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";
import { Refused } from "../../sources/Deeds";
import { running } from "../../words/running";

const w = running.settings;

export function Section({ title, about, children }: { title: string; about: string; children: ReactNode }) {
  return (
    <Paper component="section" aria-label={title}>
      <Title order={2}>{title}</Title>
      <Text size="sm" className="quiet" mb="md" maw={720}>{about}</Text>
      <Stack gap="md">{children}</Stack>
    </Paper>
  );
}

/** A form that says why it was refused. */
export function Form({ send, button, children }: { send: (form: FormData) => Promise<unknown>; button: string; children: ReactNode }) {
  const [error, setError] = useState<unknown>();
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
      setError(failure);
    }
    setIsBusy(false);
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack gap="sm">
        <Group gap="sm" align="flex-end">{children}<Button type="submit" loading={isBusy}>{button}</Button></Group>
        <Refused error={error} />
      </Stack>
    </form>
  );
}

/** What is told this once. */
export function Once({ text, about }: { text: string; about?: string }) {
  return (
    <Alert color="teal" variant="light" title={w.once}>
      {about && <Text size="sm" mb="xs">{about}</Text>}
      <Group gap="sm" wrap="nowrap">
        <Code style={{ overflowWrap: "anywhere" }} data-secret>{text}</Code>
        <CopyButton value={text}>{({ copied, copy }) => <Button variant="default" onClick={copy}>{copied ? w.copied : w.copy}</Button>}</CopyButton>
      </Group>
    </Alert>
  );
}

export function Remove({ what, remove }: { what: string; remove: () => void }) {
  const [isSure, setIsSure] = useState(false);
  return isSure ? (
    <Group gap="xs" wrap="nowrap"><Button color="red" size="compact-xs" onClick={remove}>{w.sure}</Button><Button variant="subtle" size="compact-xs" onClick={() => setIsSure(false)}>{w.keep}</Button></Group>
  ) : (
    <Button variant="subtle" color="red" size="compact-xs" aria-label={`${w.remove}: ${what}`} onClick={() => setIsSure(true)}>{w.remove}</Button>
  );
}
