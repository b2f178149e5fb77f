/** Counts beside one another as bars that can be read without seeing them. */
import { Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { showCount, showRate } from "../figures/figure";
import { words } from "../words";
import { Framed } from "./Chart";

export type Bar = {
  key: string;
  title: string;
  value: number | null;
  /** What is shown for it; the value itself without it. */
  figure?: ReactNode;
  share?: number | null;
};

type Props = {
  title: string;
  note?: string;
  bars: Bar[];
  /** What the bars are, as the table's heading. */
  of: string;
  /** What a value and its share are. */
  counted: string;
  share?: { title: string; say: (share: string) => string };
  /** What a whole bar stands for; the greatest of them without it. */
  whole?: number | null;
};

/** As tall as its bars, at least. */
const LEAST_PX = 200;

export function Bars({ title, note, bars, of, counted, share, whole }: Props) {
  const top = whole ?? Math.max(1, ...bars.map(({ value }) => value ?? 0));
  return (
    <Framed
      title={title} note={note} height={LEAST_PX}
      table={{
        head: [of, counted, ...(share ? [share.title] : [])],
        rows: bars.map((bar) => [bar.title, bar.value, ...(share ? [bar.share ?? null] : [])]),
        rates: share ? [2] : [],
      }}
    >
      <Stack gap={10} component="ol" style={{ listStyle: "none", margin: 0, padding: 0 }}>
        {bars.map((bar) => (
          <li key={bar.key}>
            <div style={{ display: "flex", justifyContent: "space-between", gap: 8, alignItems: "baseline" }}>
              <Text size="sm">{bar.title}</Text>
              <Text size="sm" component="span">
                {bar.figure ?? showCount(bar.value)}
                {share && bar.share != null && <Text span size="xs" className="quiet" ml={8}>{share.say(showRate(bar.share))}</Text>}
              </Text>
            </div>
            <div aria-hidden="true" style={{ background: "var(--atlas-ground)", borderRadius: 4, height: 10, marginTop: 3 }}>
              <div style={{ width: `${widthOf(bar.value, top)}%`, height: "100%", borderRadius: 4, background: "var(--atlas-mark)" }} />
            </div>
          </li>
        ))}
      </Stack>
    </Framed>
  );
}

/** In per cent; what there is one of is seen. */
const widthOf = (value: number | null, top: number): number => (value && top > 0 ? Math.min(100, Math.max(0.6, (value / top) * 100)) : 0);

/** Of what stands before it. */
export const OF_BEFORE = { title: words.charts.shareOfBefore, say: words.charts.ofBefore };
