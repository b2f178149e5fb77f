/** What a page is about: period and filters, all of it in the address. */
import { ActionIcon, Button, Group, NativeSelect, Popover, SegmentedControl, Skeleton, Stack, Switch, Text, TextInput, Tooltip } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconFilter, IconFilterOff, IconX } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import { type Days, isDay, KEYS, type Preset, PRESETS, today } from "../period";
import { useFilters } from "../search";
import { words } from "../words";
import { useChoices, useKnownCampaigns, withCurrent } from "./choices";

export type FilterName = "client" | "platform" | "source" | "campaign" | "status" | "owner";

/** Those that stand open; the others are behind a button. */
const OPEN = ["client", "platform", "source"] as const;
const MoreFilters = lazy(() => import("./MoreFilters"));

export function FilterBar({ hasPeriod, filters }: { hasPeriod: boolean; filters: readonly FilterName[] }) {
  return (
    <Group gap="sm" role="search" aria-label={words.filters.label} className="no-print filters">
      {hasPeriod && <Period />}
      {filters.length > 0 && <Selects filters={filters} />}
    </Group>
  );
}

function Selects({ filters }: { filters: readonly FilterName[] }) {
  const { search, change } = useFilters();
  const choices = useChoices();
  const set = filters.filter((name) => search[name]);
  const more = filters.filter((name) => !OPEN.includes(name as never));
  return (
    <>
      {OPEN.filter((name) => filters.includes(name)).map((name) => (
        <NativeSelect
          key={name} size="xs" w={name === "platform" ? 124 : 144} aria-label={words.filters[name]}
          value={search[name] ?? ""} onChange={(event) => change({ [name]: event.currentTarget.value || undefined, page: undefined })}
          data={[{ value: "", label: words.filters.all(words.filters[name]) }, ...withCurrent(choices[name], search[name])]}
        />
      ))}
      {more.length > 0 && <More filters={more} />}
      {more.filter((name) => search[name]).map((name) => (
        <Button key={name} variant="light" onClick={() => change({ [name]: undefined, page: undefined })} aria-label={words.filters.remove(words.filters[name])} rightSection={<IconX size={12} />}>
          {words.filters[name]}: {name === "campaign" ? <CampaignCalled id={search[name]!} /> : search[name]}
        </Button>
      ))}
      {/* Its place is kept while there is nothing to clear: the page below stays where it is. */}
      <Tooltip label={words.filters.clear}>
        <ActionIcon
          variant="subtle" size={28} aria-label={words.filters.clear} className={set.length > 0 ? "" : "idle"}
          onClick={() => change(Object.fromEntries(set.map((name) => [name, undefined])))}
        >
          <IconFilterOff size={16} />
        </ActionIcon>
      </Tooltip>
    </>
  );
}

function More({ filters }: { filters: readonly FilterName[] }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <Popover opened={isOpen} onChange={setIsOpen} position="bottom-start" shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<IconFilter size={14} />} onClick={() => setIsOpen(!isOpen)}>{words.filters.more}</Button>
      </Popover.Target>
      <Popover.Dropdown>{isOpen && <Suspense fallback={<Skeleton w={280} h={160} />}><MoreFilters filters={filters} /></Suspense>}</Popover.Dropdown>
    </Popover>
  );
}

function CampaignCalled({ id }: { id: string }) {
  const line = useKnownCampaigns().find((one) => one.campaign_id === id);
  return <span className="cut" style={{ maxWidth: "14rem" }}>{line?.campaign_name ?? id}</span>;
}

function Period() {
  const { search, change, preset, days, earlier } = useFilters();
  const [isChoosing, setIsChoosing] = useState(false);
  const isComparing = search.compare ?? true;
  const choose = (next: Preset) => {
    if (next === "custom") return setIsChoosing(true);
    change({ period: next, from: undefined, to: undefined, page: undefined });
  };
  const toggle = () => change({ compare: isComparing ? false : undefined });
  useHotkeys([
    ...PRESETS.map((name) => [KEYS[name], () => choose(name)] as [string, () => void]),
    ["x", toggle],
  ]);
  return (
    <>
      <Popover opened={isChoosing} onChange={setIsChoosing} position="bottom-start" shadow="md" trapFocus returnFocus withRoles={false}>
        <Popover.Target>
          <div>
            <NativeSelect
              hiddenFrom="sm" size="xs" aria-label={words.periods.label} value={preset} onChange={(event) => choose(event.currentTarget.value as Preset)}
              data={PRESETS.map((name) => ({ value: name, label: words.periods[name] }))}
            />
            <SegmentedControl
              visibleFrom="sm" size="xs" aria-label={words.periods.label} value={preset} onChange={(next) => choose(next as Preset)}
              data={PRESETS.map((name) => ({ value: name, label: <span title={`${words.periods[name]} (${KEYS[name].toUpperCase()})`}>{words.periods[name]}</span> }))}
            />
          </div>
        </Popover.Target>
        <Popover.Dropdown>
          {isChoosing && (
            <Custom
              days={days ?? { from: today(), to: today() }}
              show={(next) => {
                setIsChoosing(false);
                change({ period: "custom", ...next, page: undefined });
              }}
            />
          )}
        </Popover.Dropdown>
      </Popover>
      <Tooltip label={earlier ? `${words.periods.compareAbout}: ${earlier.from} – ${earlier.to}` : words.periods.compareAbout} multiline maw={280}>
        <Switch size="xs" label={words.periods.compare} checked={isComparing} onChange={toggle} disabled={!days} />
      </Tooltip>
    </>
  );
}

function Custom({ days, show }: { days: Days; show: (days: Days) => void }) {
  const [from, setFrom] = useState(days.from);
  const [to, setTo] = useState(days.to);
  const isGood = isDay(from) && isDay(to) && from <= to;
  return (
    <form onSubmit={(event) => { event.preventDefault(); if (isGood) show({ from, to }); }}>
      <Stack gap="sm">
        <Group gap="sm">
          <TextInput type="date" size="xs" label={words.periods.from} value={from} onChange={(event) => setFrom(event.currentTarget.value)} data-autofocus />
          <TextInput type="date" size="xs" label={words.periods.to} value={to} onChange={(event) => setTo(event.currentTarget.value)} />
        </Group>
        {!isGood && <Text size="xs" className="bad">{words.periods.wrong}</Text>}
        <Button type="submit" disabled={!isGood}>{words.periods.apply}</Button>
      </Stack>
    </form>
  );
}
