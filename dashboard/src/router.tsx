/** Which address shows which page; each page is a chunk of its own. */
import { Button } from "@mantine/core";
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Link, Outlet, retainSearchParams } from "@tanstack/react-router";
import { Failure, queries } from "./api/client";
import { toSignIn, whoIsHere } from "./api/session";
import { FILTERS, readSearch, type Search } from "./search";
import { Shell } from "./shell/Shell";
import { Empty, Failed } from "./states/Await";
import { words } from "./words";

const root = createRootRoute({ component: Outlet, validateSearch: readSearch });

/** Everything that needs somebody to be signed in. Filters go along from page to page. */
const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  component: Shell,
  search: { middlewares: [retainSearchParams<Search>([...FILTERS])] },
  beforeLoad: async () => {
    try {
      await queries.ensureQueryData(whoIsHere);
    } catch (error) {
      if (!(error instanceof Failure && error.status === 401)) throw error;
      toSignIn();
      // Nothing is shown until the browser has gone there.
      await new Promise(() => {});
    }
  },
});

const page = <Path extends string>(path: Path, load: () => Promise<{ default: () => React.ReactNode }>) =>
  createRoute({ getParentRoute: () => inside, path, component: lazyRouteComponent(load) });

/** Opened by the token in its address alone. */
const shared = createRoute({ getParentRoute: () => root, path: "/share", component: lazyRouteComponent(() => import("./pages/share")) });

const tree = root.addChildren([
  shared,
  inside.addChildren([
    page("/", () => import("./pages/overview")),
    page("/campaigns", () => import("./pages/campaigns")),
    page("/campaigns/$source/$campaign", () => import("./pages/campaign")),
    page("/copy", () => import("./pages/copy")),
    page("/replies", () => import("./pages/replies")),
    page("/mailboxes", () => import("./pages/deliverability")),
    page("/calls", () => import("./pages/calls")),
    page("/behind", () => import("./pages/behind")),
    page("/journey", () => import("./pages/journey")),
    page("/clients", () => import("./pages/clients")),
    page("/clients/$client", () => import("./pages/client")),
    page("/settings", () => import("./pages/settings")),
    page("/health", () => import("./pages/health")),
    page("/glossary", () => import("./pages/glossary")),
  ]),
]);

export const router = createRouter({
  routeTree: tree,
  defaultPreload: "intent",
  scrollRestoration: true,
  defaultNotFoundComponent: () => (
    <Empty why={words.states.noPage} todo={<Button component={Link} to="/" variant="default">{words.states.home}</Button>} />
  ),
  defaultErrorComponent: ({ error, reset }) => <Failed error={error} retry={reset} />,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
