/** What may be looked at, one at a time: tabs, or on a phone, where they would take three lines, a list to choose from. */
import { NativeSelect, Tabs } from "@mantine/core";

type Props = {
  label: string;
  /** By value, with what each is called. */
  tabs: [value: string, title: string][];
  value: string | null;
  choose: (value: string | null) => void;
  /** What the list says while nothing is chosen; without it something always is. */
  none?: string;
};

export function TabList({ label, tabs, value, choose, none }: Props) {
  return (
    <>
      <Tabs.List visibleFrom="sm" aria-label={label}>{tabs.map(([name, title]) => <Tabs.Tab key={name} value={name}>{title}</Tabs.Tab>)}</Tabs.List>
      <NativeSelect
        hiddenFrom="sm" size="xs" aria-label={label} value={value ?? ""} onChange={(event) => choose(event.currentTarget.value || null)}
        data={[...(none ? [{ value: "", label: none }] : []), ...tabs.map(([name, title]) => ({ value: name, label: title }))]}
      />
    </>
  );
}
