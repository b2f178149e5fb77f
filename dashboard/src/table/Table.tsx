/** A table that sorts, searches, hides columns, and gives what is on screen as CSV. Its state is in the address. */
import { Button, Checkbox, Group, Pagination, Popover, Stack, Table, Text, TextInput } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconColumns3, IconSearch } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { showCount, UNKNOWN } from "../figures/figure";
import { useFilters } from "../search";
import { Empty } from "../states/Await";
import { words } from "../words";
import type { Cell } from "./csv";
import { CsvButton } from "./CsvButton";

export type Column<Row> = {
  key: string;
  title: string;
  /** What is sorted by and goes into the CSV. */
  value: (row: Row) => Cell;
  /** What is shown; the value itself without it. */
  view?: (row: Row) => ReactNode;
  isNumber?: boolean;
  /** Not shown unless asked for. */
  isExtra?: boolean;
  /** A picture, of which a file has no use. */
  isPicture?: boolean;
};

type Props<Row> = {
  name: string;
  rows: Row[];
  columns: Column<Row>[];
  id: (row: Row) => string;
  /** A column, `-` before it for the greatest first. */
  sort?: string;
  empty: { why: string; todo?: ReactNode };
  pageSize?: number;
  above?: ReactNode;
};

export function DataTable<Row>({ name, rows, columns, id, sort = "", empty, pageSize = 50, above }: Props<Row>) {
  const { search, change } = useFilters();
  const shown = columns.filter((column) => isShown(column, search.hide));
  const order = search.sort ?? sort;
  const found = sorted(matching(rows, columns, search.q ?? ""), columns, order);
  const pages = Math.max(1, Math.ceil(found.length / pageSize));
  const page = Math.min(search.page ?? 1, pages);
  const visible = found.slice((page - 1) * pageSize, page * pageSize);

  const inFile = shown.filter((column) => !column.isPicture);

  return (
    <Stack gap="sm" data-table={name}>
      <Group justify="space-between" gap="sm" className="no-print">
        <Group gap="sm">
          <TextInput
            size="xs"
            aria-label={words.table.search}
            placeholder={words.table.search}
            leftSection={<IconSearch size={14} />}
            value={search.q ?? ""}
            onChange={(event) => change({ q: event.currentTarget.value || undefined, page: undefined }, true)}
          />
          {above}
        </Group>
        <Group gap="sm">
          <Text size="xs" className="quiet" role="status">
            {words.table.rows(found.length, rows.length)}
          </Text>
          <Chooser columns={columns} hide={search.hide} change={(hide) => change({ hide })} />
          <CsvButton name={name} head={inFile.map((column) => column.title)} rows={() => found.map((row) => inFile.map((column) => column.value(row)))} />
        </Group>
      </Group>
      {found.length === 0 ? (
        <Empty {...(rows.length === 0 ? empty : { why: words.table.nothingFound, todo: words.table.searchLess })} />
      ) : (
        <div className="scroll named" tabIndex={0} role="region" aria-label={name}>
          <Table highlightOnHover aria-label={name}>
            <Table.Thead>
              <Table.Tr>
                {shown.map((column) => (
                  <Head key={column.key} column={column} order={order} sort={(next) => change({ sort: next, page: undefined })} />
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {visible.map((row) => (
                <Table.Tr key={id(row)}>
                  {shown.map((column) => (
                    <Table.Td key={column.key} className={column.isNumber ? "num" : ""}>
                      {column.view ? column.view(row) : <Plain value={column.value(row)} />}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
      {pages > 1 && (
        <Pagination
          size="sm" total={pages} value={page} onChange={(next) => change({ page: next === 1 ? undefined : next })} className="no-print"
          getControlProps={(control) => ({ "aria-label": words.table.pages[control] })}
          getItemProps={(number) => ({ "aria-label": words.table.page(number) })}
        />
      )}
    </Stack>
  );
}

function Plain({ value }: { value: Cell }) {
  if (value === null) return <span className="quiet" title={words.states.unknown}>{UNKNOWN}</span>;
  return typeof value === "number" ? showCount(value) : <span className="cut" title={value}>{value}</span>;
}

function Head<Row>({ column, order, sort }: { column: Column<Row>; order: string; sort: (next: string) => void }) {
  const direction = order === column.key ? "ascending" : order === `-${column.key}` ? "descending" : "none";
  const next = direction === "descending" || (direction === "none" && !column.isNumber) ? column.key : `-${column.key}`;
  const Arrow = direction === "ascending" ? IconArrowUp : IconArrowDown;
  if (column.isPicture) return <Table.Th>{column.title}</Table.Th>;
  return (
    <Table.Th className={column.isNumber ? "num" : ""} aria-sort={direction}>
      <button type="button" className="sort" onClick={() => sort(next)}>
        {column.title}
        {direction !== "none" && <Arrow size={12} style={{ marginLeft: 3, verticalAlign: -1 }} aria-hidden="true" />}
      </button>
    </Table.Th>
  );
}

/** `hide` names the columns that differ from how the table comes: hidden ones, or extra ones that are shown. */
const isShown = <Row,>(column: Column<Row>, hide = ""): boolean => hide.split(",").includes(column.key) === Boolean(column.isExtra);

function Chooser<Row>({ columns, hide = "", change }: { columns: Column<Row>[]; hide: string | undefined; change: (hide: string | undefined) => void }) {
  const differing = hide.split(",").filter(Boolean);
  const toggle = (key: string) => {
    const rest = differing.includes(key) ? differing.filter((one) => one !== key) : [...differing, key];
    change(rest.length ? rest.join(",") : undefined);
  };
  return (
    <Popover position="bottom-end" trapFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<IconColumns3 size={14} />}>
          {words.table.columns}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="sm">
          {columns.slice(1).map((column) => (
            <Checkbox key={column.key} size="xs" label={column.title} checked={isShown(column, hide)} onChange={() => toggle(column.key)} />
          ))}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

function matching<Row>(rows: Row[], columns: Column<Row>[], q: string): Row[] {
  const wanted = q.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return rows;
  const texts = columns.filter((column) => !column.isNumber && !column.isPicture);
  return rows.filter((row) => {
    const text = texts.map((column) => column.value(row) ?? "").join(" ").toLocaleLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

/** What is unknown stands last, whichever way is sorted. */
function sorted<Row>(rows: Row[], columns: Column<Row>[], order: string): Row[] {
  const column = columns.find((one) => one.key === order.replace(/^-/, ""));
  if (!column) return rows;
  const way = order.startsWith("-") ? -1 : 1;
  return rows
    .map((row) => ({ row, value: column.value(row) }))
    .sort((a, b) => {
      if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null);
      if (typeof a.value === "number" && typeof b.value === "number") return way * (a.value - b.value);
      return way * String(a.value).localeCompare(String(b.value));
    })
    .map(({ row }) => row);
}
