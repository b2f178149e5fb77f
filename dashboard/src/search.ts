/** What an address says: the whole state of a page, so that copying it, Back and reload lose nothing. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { before, type Days, daysOf, isDay, type Preset, PRESETS, today } from "./period";

export type Filters = {
  period?: Preset;
  from?: string;
  to?: string;
  compare?: boolean;
  client?: string;
  platform?: string;
  source?: string;
  campaign?: string;
  status?: string;
  owner?: string;
  opens?: boolean;
};

/** A table's state; absent is how the table comes. */
export type TableState = { sort?: string; q?: string; hide?: string; page?: number };

/** What a page has of its own: which part of it, which thing, and how that is looked at. */
export type Search = Filters & TableState & { tab?: string; id?: string; scope?: string; outcome?: string; only?: string; as?: string };

/** What goes along from page to page. */
export const FILTERS = [
  "period", "from", "to", "compare", "client", "platform", "source", "campaign", "status", "owner", "opens",
] as const satisfies readonly (keyof Filters)[];

const TEXTS = ["client", "platform", "source", "campaign", "status", "owner", "sort", "q", "hide", "tab", "id", "scope", "outcome", "only", "as"] as const;

/** Takes what is understood and drops the rest: an address typed by hand never breaks a page. */
export function readSearch(raw: Record<string, unknown>): Search {
  const search: Search = {};
  for (const name of TEXTS) {
    const value = raw[name];
    if ((typeof value === "string" || typeof value === "number") && value !== "") search[name] = String(value);
  }
  if (PRESETS.includes(raw.period as Preset)) search.period = raw.period as Preset;
  if (isDay(raw.from)) search.from = raw.from;
  if (isDay(raw.to)) search.to = raw.to;
  for (const name of ["compare", "opens"] as const) {
    if (typeof raw[name] === "boolean") search[name] = raw[name];
  }
  if (typeof raw.page === "number" && Number.isInteger(raw.page) && raw.page > 1) search.page = raw.page;
  return search;
}

/** What the pages open with. */
export const DEFAULT_PERIOD: Preset = "30d";

export type Asked = { preset: Preset; days: Days | undefined; earlier: Days | undefined };

export function asked(search: Filters, now = today()): Asked {
  const preset = search.period ?? DEFAULT_PERIOD;
  const days = daysOf(preset, search, now);
  return { preset, days, earlier: days && (search.compare ?? true) ? before(days) : undefined };
}

/** The search of the page that is shown, and how to change some of it. */
export function useFilters() {
  // What the router has not understood is in there too.
  const search = readSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const change = (some: { [Name in keyof Search]?: Search[Name] | undefined }, replace = false) =>
    void navigate({
      to: ".",
      replace,
      // Behind it stands a share link's token.
      hash: true,
      // An undefined value leaves the address.
      search: ((old: Search) => ({ ...old, ...some })) as never,
    });
  return { search, change, ...asked(search) };
}
