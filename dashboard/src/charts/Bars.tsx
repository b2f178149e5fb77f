/** Stages of a way as bars that can be read without seeing them. */
import { Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { showRate } from "../figures/figure";
import { words } from "../words";

export type Stage = { key: string; title: ReactNode; figure: ReactNode; value: number | null; share: number | null };

/** Each bar against the first; a share of the stage before stands beside it where it says something. */
export function Stages({ stages }: { stages: Stage[] }) {
  const top = stages.find((stage) => stage.value !== null)?.value ?? 0;
  return (
    <Stack gap={10} component="ol" style={{ listStyle: "none", margin: 0, padding: 0 }}>
      {stages.map((stage) => {
        const width = stage.value && top > 0 ? Math.max(0.6, (stage.value / top) * 100) : 0;
        return (
          <li key={stage.key}>
            <div style={{ display: "flex", justifyContent: "space-between", gap: 8, alignItems: "baseline" }}>
              <Text size="sm">{stage.title}</Text>
              <Text size="sm" component="span">
                {stage.figure}
                {stage.share !== null && <Text span size="xs" className="quiet" ml={8}>{words.charts.ofBefore(showRate(stage.share))}</Text>}
              </Text>
            </div>
            <div aria-hidden="true" style={{ background: "var(--atlas-ground)", borderRadius: 4, height: 10, marginTop: 3 }}>
              <div style={{ width: `${Math.min(100, width)}%`, height: "100%", borderRadius: 4, background: "var(--atlas-mark)" }} />
            </div>
          </li>
        );
      })}
    </Stack>
  );
}
