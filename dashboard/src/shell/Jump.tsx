/** The palette: a page, a campaign, a client or a period by its name. */
import { Button, Kbd } from "@mantine/core";
import { Spotlight, spotlight, type SpotlightActionGroupData } from "@mantine/spotlight";
import { IconSearch } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { PRESETS } from "../period";
import { useFilters } from "../search";
import { words } from "../words";
import { useChoices, useKnownCampaigns } from "./choices";
import { usePages } from "./pages";

export function Jump() {
  const navigate = useNavigate();
  const pages = usePages();
  const { change } = useFilters();
  const { client: clients } = useChoices();
  const [isOpened, setIsOpened] = useState(false);
  const campaigns = useKnownCampaigns(isOpened);
  const actions: SpotlightActionGroupData[] = [
    {
      group: words.palette.pages,
      actions: pages.map(({ to, title, icon: Icon }) => ({ id: to, label: title, leftSection: <Icon size={16} />, onClick: () => void navigate({ to }) })),
    },
    {
      group: words.palette.periods,
      actions: PRESETS.filter((name) => name !== "custom").map((name) => ({
        id: `period ${name}`, label: words.periods[name], onClick: () => change({ period: name, from: undefined, to: undefined }),
      })),
    },
    {
      group: words.palette.clients,
      actions: clients.map(({ value, label }) => ({ id: `client ${value}`, label, onClick: () => change({ client: value }) })),
    },
    {
      group: words.palette.campaigns,
      actions: campaigns.map((line) => ({
        id: `campaign ${line.source_id} ${line.campaign_id}`,
        label: line.campaign_name ?? line.campaign_id,
        description: [line.client_name, line.source_name].filter(Boolean).join(" · "),
        onClick: () => void navigate({ to: "/campaigns/$source/$campaign", params: { source: line.source_name, campaign: line.campaign_id } }),
      })),
    },
  ];
  return (
    <>
      <Button variant="default" leftSection={<IconSearch size={14} />} rightSection={<Kbd size="xs" visibleFrom="sm">Ctrl K</Kbd>} onClick={spotlight.open} title={words.keys.palette}>
        {words.palette.button}
      </Button>
      <Spotlight
        actions={actions} limit={12} nothingFound={words.palette.nothing} scrollable maxHeight={420} onSpotlightOpen={() => setIsOpened(true)}
        searchProps={{ placeholder: words.palette.placeholder, "aria-label": words.keys.palette }}
        shortcut={["mod + K"]} highlightQuery
      />
    </>
  );
}
