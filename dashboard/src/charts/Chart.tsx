/** A chart: its picture, or the same figures as a table. */
import { Group, Paper, Skeleton, Switch, Table, Text, Title, useComputedColorScheme } from "@mantine/core";
import type { EChartsCoreOption, init } from "echarts/core";
import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { showCount, showRate } from "../figures/figure";
import type { Cell } from "../table/csv";
import { CsvButton } from "../table/CsvButton";
import { words } from "../words";

export type Tabular = {
  head: string[];
  rows: Cell[][];
  /** The columns that are rates. */
  rates?: readonly number[];
};

type Props = {
  title: string;
  /** One sentence for whoever cannot see it. */
  about: string;
  note?: string;
  height?: number;
  option: (palette: Palette) => EChartsCoreOption;
  table: Tabular;
  /** Loads what draws it; lines and bars unless told otherwise. */
  engine?: () => Promise<{ init: typeof init }>;
};

export type Palette = { ink: string; quiet: string; line: string; series: string[]; low: string; high: string };

const PALETTES: Record<"light" | "dark", Palette> = {
  light: {
    ink: "#24292f", quiet: "#57606a", line: "#e3e6ea", low: "#eef2fc", high: "#2f4fb5",
    series: ["#2f4fb5", "#0b7a5b", "#b4660a", "#8a3ea8", "#b3261e"],
  },
  dark: {
    ink: "#e3e6eb", quiet: "#a6adb8", line: "#333842", low: "#20263a", high: "#8fa5e2",
    series: ["#8fa5e2", "#5fd3a5", "#f2b45c", "#d59cf0", "#ff8a80"],
  },
};

const linesAndBars = () => import("./engine");

export function Chart({ title, about, note, height = 260, option, table, engine = linesAndBars }: Props) {
  return (
    <Framed title={title} note={note} table={table} height={height}>
      <Picture about={about} height={height} option={option} engine={engine} />
    </Framed>
  );
}

/** A picture under its title, or the same figures as a table, which can be taken away as a file. */
export function Framed({ title, note, table, height, children }: { title: string; note: string | undefined; table: Tabular; height: number; children: ReactNode }) {
  const [isTable, setIsTable] = useState(false);
  const id = useId();
  return (
    <Paper component="section" aria-labelledby={id} h="100%" style={{ minWidth: 0 }}>
      <Group justify="space-between" gap="sm" wrap="nowrap" align="flex-start">
        <Title order={2} id={id}>
          {title}
        </Title>
        <Group gap="sm" style={{ flex: "none" }}>
          <Switch
            className="no-print"
            size="xs"
            label={words.charts.asTable}
            styles={{ label: { whiteSpace: "nowrap" } }}
            checked={isTable}
            onChange={(event) => setIsTable(event.currentTarget.checked)}
          />
          {isTable && <CsvButton name={title} head={table.head} rows={() => table.rows} />}
        </Group>
      </Group>
      <Text size="xs" className="quiet" mb="sm">
        {note}
      </Text>
      {isTable ? <Figures table={table} title={title} height={height} /> : children}
    </Paper>
  );
}

function Figures({ table, title, height }: { table: Tabular; title: string; height: number }) {
  return (
    <Table.ScrollContainer minWidth={0} mah={Math.max(height, 320)} type="native" tabIndex={0} aria-label={title} role="region">
      <Table stickyHeader aria-label={title}>
        <Table.Thead>
          <Table.Tr>
            {table.head.map((name, index) => (
              <Table.Th key={name} className={index ? "num" : ""}>
                {name}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {table.rows.map((row) => (
            <Table.Tr key={String(row[0])}>
              {row.map((cell, index) => (
                <Table.Td key={table.head[index]} className={index ? "num" : ""}>
                  {typeof cell === "string" ? cell : table.rates?.includes(index) ? showRate(cell) : showCount(cell)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Picture({ about, height, option, engine }: Required<Pick<Props, "about" | "option" | "engine" | "height">>) {
  const scheme = useComputedColorScheme("light");
  const frame = useRef<HTMLDivElement>(null);
  const [isDrawn, setIsDrawn] = useState(false);
  useEffect(() => {
    let isGone = false;
    let end = () => {};
    void engine().then(({ init }) => {
      if (isGone || !frame.current) return;
      const palette = PALETTES[scheme];
      const chart = init(frame.current, null, { renderer: "svg" });
      chart.setOption({
        animation: false,
        textStyle: { fontFamily: "'Inter Variable', system-ui, sans-serif", color: palette.quiet },
        color: palette.series,
        ...option(palette),
      });
      const watch = new ResizeObserver(() => chart.resize());
      watch.observe(frame.current);
      setIsDrawn(true);
      end = () => {
        watch.disconnect();
        chart.dispose();
      };
    });
    return () => {
      isGone = true;
      end();
    };
  }, [option, scheme, engine]);
  return (
    <div style={{ position: "relative", height }}>
      {!isDrawn && <Skeleton height={height} pos="absolute" />}
      <div ref={frame} role="img" aria-label={about} style={{ height, width: "100%" }} />
    </div>
  );
}
