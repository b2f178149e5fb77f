/** Takes what is on the screen away as a file. */
import { Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { words } from "../words";
import { type Cell, csv, save } from "./csv";

export function CsvButton({ name, head, rows, isSmall = false }: { name: string; head: string[]; rows: () => Cell[][]; isSmall?: boolean }) {
  return (
    <Button className="no-print" flex="none" variant="default" size={isSmall ? "compact-xs" : "xs"} leftSection={<IconDownload size={14} />} onClick={() => save(`${name}.csv`, csv(head, rows()))}>
      {words.table.csv}
    </Button>
  );
}
