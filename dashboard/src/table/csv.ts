/** A table as a file that a spreadsheet opens, with nothing in it that a spreadsheet would run. */

export type Cell = string | number | null;

/** Where a cell may begin that would be run: spreadsheets of many countries begin one behind a semicolon, whatever is quoted. */
const RUNS = /(^|[;\t\r\n])("*)(?=[=+\-@\t\r])/g;

function field(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return String(cell);
  const text = cell.replace(RUNS, "$1$2'");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Without it a spreadsheet takes the file for one of its own country's letters. */
const UTF8_MARK = "\ufeff";

export const csv = (head: string[], rows: Cell[][]): string =>
  UTF8_MARK + [head, ...rows].map((row) => row.map(field).join(",")).join("\r\n") + "\r\n";

/** Hands it to the person's downloads. */
export function save(name: string, text: string, kind = "text/csv"): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: `${kind};charset=utf-8` }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
