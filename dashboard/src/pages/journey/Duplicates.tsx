/** People who are in more than one campaign of a client: one line a campaign. */
import { Paper, Text, Title } from "@mantine/core";
import { Await } from "../../states/Await";
import { type Column, DataTable } from "../../table/Table";
import { exact } from "../../time";
import { words } from "../../words";
import { CampaignName, Status } from "../campaigns/parts";
import { type Duplicate, useDuplicates } from "./query";

const w = words.journey;

export function Duplicates() {
  const columns: Column<Duplicate>[] = [
    { key: "email", title: w.person, value: (line) => line.email ?? line.external_lead_id },
    { key: "campaigns", title: w.inCampaigns, isNumber: true, value: (line) => line.campaigns },
    { key: "campaign_name", title: words.filters.campaign, value: (line) => line.campaign_name ?? line.campaign_id, view: (line) => <CampaignName line={line} /> },
    { key: "status", title: words.filters.status, value: (line) => line.status ?? null, view: (line) => <Status status={line.status} /> },
    { key: "client_name", title: words.filters.client, value: (line) => line.client_name ?? null },
    { key: "source_name", title: words.filters.source, value: (line) => line.source_name, isExtra: true },
    { key: "enrolled_at", title: w.enrolled, value: (line) => line.enrolled_at ?? null, view: (line) => <span className="quiet">{line.enrolled_at ? exact(line.enrolled_at) : "–"}</span> },
  ];
  return (
    <Paper component="section" aria-label={w.duplicates}>
      <Title order={2}>{w.duplicates}</Title>
      <Text size="sm" className="quiet" mb="sm" maw={760}>{w.duplicatesAbout}</Text>
      <Await query={useDuplicates()} height={320}>
        {(rows) => <DataTable name="duplicates" rows={rows} columns={columns} id={(line) => `${line.source_id} ${line.campaign_id} ${line.external_lead_id}`} empty={{ why: w.noDuplicates }} />}
      </Await>
    </Paper>
  );
}
