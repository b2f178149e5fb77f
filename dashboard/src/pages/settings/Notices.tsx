/** Whom alerts are told to: added, tried and removed from here. */
import { Button, Group, NativeSelect, PasswordInput, Text, TextInput } from "@mantine/core";
import { useMayWrite } from "../../api/session";
import { showCount } from "../../figures/figure";
import { Refused } from "../../sources/Deeds";
import { Await } from "../../states/Await";
import { Lines } from "../../table/Lines";
import { exact, since } from "../../time";
import { running } from "../../words/running";
import { Form, Once, Remove, Section } from "./parts";
import { type NewTarget, type Target, useAddTarget, useRemoveTarget, useTargets, useTryTarget } from "./query";

const w = running.notices;

export function Notices() {
  const add = useAddTarget();
  const remove = useRemoveTarget();
  const mayWrite = useMayWrite();
  const send = (form: FormData) =>
    add.mutateAsync({ name: String(form.get("name")), kind: form.get("kind") as NewTarget["kind"], address: String(form.get("address")), level: form.get("level") as NewTarget["level"] });
  return (
    <Section title={w.title} about={w.about}>
      {mayWrite && (
        <Form button={w.add} send={send}>
          <TextInput size="xs" name="name" label={running.settings.name} required />
          <NativeSelect size="xs" name="kind" label={w.kind} data={w.kinds.map(([value, label]) => ({ value, label }))} />
          <PasswordInput size="xs" name="address" label={w.address} placeholder="https://" required w={260} autoComplete="off" visibilityToggleButtonProps={{ "aria-label": w.showAddress }} />
          <NativeSelect size="xs" name="level" label={w.level} data={w.levels.map(([value, label]) => ({ value, label }))} />
        </Form>
      )}
      {add.data?.secret && <Once text={add.data.secret} about={w.secretAbout} />}
      <Refused error={remove.error} />
      <Await query={useTargets()} height={160}>
        {({ data }) => (
          <Lines
            label={w.title} empty={w.none} head={[running.settings.name, w.kind, w.host, w.level, w.hears, running.settings.added, ""]}
            rows={data.map((target) => ({
              key: target.id,
              cells: [
                target.name, saying(w.kinds, target.kind), target.host, saying(w.levels, target.level), <Hears key="hears" target={target} />,
                <span key="added" title={exact(target.added_at)}>{since(target.added_at)}, {target.added_by}</span>,
                mayWrite && <Deeds key="deeds" target={target} remove={() => remove.mutate(target.id)} />,
              ],
            }))}
          />
        )}
      </Await>
    </Section>
  );
}

const saying = (list: readonly (readonly [string, string])[], value: string): string => list.find(([one]) => one === value)?.[1] ?? value;

/** When it was last told something, what still waits, and what stands in the way. */
function Hears({ target }: { target: Target }) {
  return (
    <>
      <Text size="sm">{target.sent_at ? since(target.sent_at) : <span className="quiet">{w.never}</span>}</Text>
      {target.waiting > 0 && <Text size="xs" className="warn">◔ {w.waiting(showCount(target.waiting))}</Text>}
      {target.given_up > 0 && <Text size="xs" className="bad">✕ {w.givenUp(showCount(target.given_up))}</Text>}
      {target.reason && <Text size="xs" className="bad">{target.reason}</Text>}
    </>
  );
}

function Deeds({ target, remove }: { target: Target; remove: () => void }) {
  const attempt = useTryTarget(target.id);
  const tried = attempt.data;
  return (
    <>
      <Group gap="xs" wrap="nowrap" justify="flex-end">
        <Button variant="default" size="compact-xs" loading={attempt.isPending} onClick={() => attempt.mutate()} aria-label={`${w.test}: ${target.name}`}>{w.test}</Button>
        <Remove what={target.name} remove={remove} />
      </Group>
      {tried && <Text size="xs" ta="right" role="status" className={tried.is_told ? "good" : "bad"}>{tried.is_told ? `✓ ${w.told}` : `✕ ${w.notTold(tried.reason ?? "")}`}</Text>}
      <Refused error={attempt.error} />
    </>
  );
}
