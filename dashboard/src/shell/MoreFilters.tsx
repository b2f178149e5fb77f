/** The filters that are asked for less often: status, owner, one campaign. Loaded when somebody wants them. */
import { NativeSelect, Stack, Text, TextInput, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import { useFilters } from "../search";
import { words } from "../words";
import type { FilterName } from "./FilterBar";
import { STATUSES, useKnownCampaigns, useOwners, withCurrent } from "./choices";

/** So many campaigns are offered at once. */
const OFFERED = 8;

export default function MoreFilters({ filters }: { filters: readonly FilterName[] }) {
  const { search, change } = useFilters();
  const campaigns = useKnownCampaigns();
  const owners = useOwners();
  const pick = (name: FilterName, values: readonly { value: string; label: string }[]) => (
    <NativeSelect
      size="xs" label={words.filters[name]} value={search[name] ?? ""} onChange={(event) => change({ [name]: event.currentTarget.value || undefined, page: undefined })}
      data={[{ value: "", label: words.filters.all(words.filters[name]) }, ...withCurrent(values, search[name])]}
    />
  );
  return (
    <Stack gap="sm" w={280}>
      {filters.includes("status") && pick("status", STATUSES.map((value) => ({ value, label: value })))}
      {filters.includes("owner") && (owners.length > 0 || search.owner ? pick("owner", owners) : <Text size="xs" className="quiet">{words.filters.noOwners}</Text>)}
      {filters.includes("campaign") && <Campaigns lines={campaigns} />}
    </Stack>
  );
}

function Campaigns({ lines }: { lines: ReturnType<typeof useKnownCampaigns> }) {
  const { search, change } = useFilters();
  const [q, setQ] = useState("");
  const wanted = q.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const found = lines.filter((line) => {
    const text = `${line.campaign_name ?? ""} ${line.client_name ?? ""} ${line.campaign_id}`.toLocaleLowerCase();
    return (!search.client || line.client_name === search.client) && (!search.source || line.source_name === search.source) && wanted.every((word) => text.includes(word));
  });
  return (
    <div>
      <TextInput size="xs" label={words.filters.campaign} placeholder={words.filters.campaignPart} value={q} onChange={(event) => setQ(event.currentTarget.value)} />
      <Stack gap={2} mt="xs" component="ul" style={{ listStyle: "none", padding: 0, margin: 0 }}>
        {found.slice(0, OFFERED).map((line) => {
          const isChosen = search.campaign === line.campaign_id && (!search.source || search.source === line.source_name);
          return (
            <li key={`${line.source_id} ${line.campaign_id}`}>
              <UnstyledButton
                fz={13} w="100%" p={4} aria-pressed={isChosen} fw={isChosen ? 600 : 400} className="cut option"
                onClick={() => change(isChosen ? { campaign: undefined } : { campaign: line.campaign_id, source: line.source_name, page: undefined })}
              >
                {line.campaign_name ?? line.campaign_id} <Text span size="xs" className="quiet">{line.client_name}</Text>
              </UnstyledButton>
            </li>
          );
        })}
      </Stack>
      {found.length > OFFERED && <Text size="xs" className="quiet">{words.overview.more(found.length - OFFERED)}</Text>}
    </div>
  );
}
