/** How a campaign is named and how its status looks, wherever it stands. */
import { Anchor, Group, Text, VisuallyHidden } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { words } from "../../words";
import type { Health } from "./health";
import type { Campaign } from "./query";

export type { Campaign };

export const nameOf = (line: Campaign): string => line.campaign_name ?? line.campaign_id;

export function CampaignName({ line }: { line: Pick<Campaign, "campaign_name" | "campaign_id" | "source_name" | "platform" | "parent_campaign_id"> }) {
  return (
    <Group gap="xs" wrap="nowrap">
      <Anchor
        component={Link} to="/campaigns/$source/$campaign" params={{ source: line.source_name, campaign: line.campaign_id } as never}
        className="cut" size="sm" title={line.campaign_name ?? line.campaign_id}
      >
        {line.campaign_name ?? line.campaign_id}
      </Anchor>
      {line.parent_campaign_id && <Text span size="xs" className="quiet" title={words.campaigns.subAbout} style={{ whiteSpace: "nowrap" }}>↳ {words.campaigns.sub}</Text>}
    </Group>
  );
}

export function HealthMark({ health }: { health: Health }) {
  const sign = words.campaigns.health.signs[health.level];
  return (
    <Text span size="sm" className={`${health.level === "unknown" ? "quiet" : health.level} cut`} style={{ maxWidth: "7.5rem" }} title={health.text}>
      <span aria-hidden="true">{sign}</span> {health.level === "unknown" ? <VisuallyHidden>{health.text}</VisuallyHidden> : health.text}
    </Text>
  );
}

const SIGNS: Record<string, string> = { active: "●", paused: "❚❚", completed: "✓", stopped: "■", drafted: "✎", archived: "▣" };

export function Status({ status }: { status: string | null | undefined }) {
  if (!status) return <span className="quiet">–</span>;
  return (
    <Text span size="sm" className={status === "active" ? "good" : "quiet"} style={{ whiteSpace: "nowrap" }}>
      <span aria-hidden="true">{SIGNS[status] ?? "○"}</span> {status}
    </Text>
  );
}
