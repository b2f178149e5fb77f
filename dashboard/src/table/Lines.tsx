/** Lines that are read and not sorted, as a table, and as a file. */
import { Group, Table, Text, VisuallyHidden } from "@mantine/core";
import { isValidElement, type ReactNode } from "react";
import { words } from "../words";
import { CsvButton } from "./CsvButton";

type Props = {
  label: string;
  /** Headings; a column without one is of buttons, which no file has. */
  head: string[];
  rows: { key: string | number; cells: ReactNode[] }[];
  empty: string;
  /** More than this is scrolled. */
  maxHeight?: number;
};

export function Lines({ label, head, rows, empty, maxHeight }: Props) {
  if (rows.length === 0) return <Text size="sm" className="quiet">{empty}</Text>;
  const told = head.filter(Boolean);
  return (
    <div>
      <Group justify="flex-end" mb="xs"><CsvButton name={label} head={told} rows={() => rows.map(({ cells }) => cells.filter((_, index) => head[index]).map(textOf))} /></Group>
      <div className="scroll" tabIndex={0} role="region" aria-label={label} style={maxHeight ? { maxHeight, overflowY: "auto" } : {}}>
        <Table aria-label={label} miw={640}>
          <Table.Thead><Table.Tr>{head.map((title) => <Table.Th key={title}>{title || <VisuallyHidden>{words.table.action}</VisuallyHidden>}</Table.Th>)}</Table.Tr></Table.Thead>
          <Table.Tbody>
            {rows.map(({ key, cells }) => <Table.Tr key={key}>{cells.map((cell, index) => <Table.Td key={head[index]} style={{ verticalAlign: "top" }}>{cell}</Table.Td>)}</Table.Tr>)}
          </Table.Tbody>
        </Table>
      </div>
    </div>
  );
}

/** What of a cell is read. */
export function textOf(node: ReactNode): string {
  if (typeof node === "string" || typeof node === "number") return String(node);
  if (Array.isArray(node)) return node.map(textOf).join("");
  return isValidElement<{ children?: ReactNode }>(node) ? textOf(node.props.children) : "";
}
