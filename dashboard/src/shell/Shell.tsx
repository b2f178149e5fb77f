/** The frame around every page: where one is, what is looked at, how fresh it is. */
import { AppShell, Box, Burger, Group, NavLink, Stack, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { type ReactNode, useEffect } from "react";
import { useLive } from "../api/live";
import { words } from "../words";
import { FilterBar, type FilterName } from "./FilterBar";
import { Freshness } from "./Freshness";
import { Keys } from "./Keys";
import { Jump } from "./Jump";
import { usePages } from "./pages";
import { Who } from "./Who";

export function Shell() {
  useLive();
  const pages = usePages();
  const [isOpen, { toggle, close }] = useDisclosure();
  const path = useLocation({ select: (location) => location.pathname });
  useEffect(close, [path, close]);
  return (
    <AppShell navbar={{ width: 212, breakpoint: "sm", collapsed: { mobile: !isOpen } }} header={{ height: 48 }} padding="md" layout="alt">
      <AppShell.Header px="md">
        <a href="#content" className="skip">{words.nav.skip}</a>
        <Group h="100%" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={isOpen} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={words.nav.open} />
            <Freshness />
          </Group>
          <Group gap="sm" wrap="nowrap">
            <Jump />
            <Keys />
            <Who />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" aria-label={words.nav.label}>
        <Group gap="sm" px="sm" h={40} mb="sm" wrap="nowrap">
          <Burger opened={isOpen} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={words.nav.open} />
          <img src="/favicon.svg" width={22} height={22} alt="" />
          <Text fw={650} fz={16}>{words.product}</Text>
        </Group>
        {pages.map(({ to, title, icon: Icon }) => {
          const isHere = to === "/" ? path === "/" : path.startsWith(to);
          return (
            <NavLink
              key={to} component={Link} to={to} label={title} active={isHere} {...(isHere && { "aria-current": "page" as const })}
              leftSection={<Icon size={17} stroke={1.7} aria-hidden="true" />} styles={{ root: { borderRadius: 6 }, label: { fontSize: 14 } }}
            />
          );
        })}
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} style={{ outline: "none" }}>
        <Outlet />
      </AppShell.Main>
    </AppShell>
  );
}

/** A page's heading, its filters and what it says. */
export function PageFrame({ title, aside, filters, hasPeriod = true, children }: {
  title: string; aside?: ReactNode; filters?: readonly FilterName[]; hasPeriod?: boolean; children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · ${words.product}`;
  }, [title]);
  return (
    <Stack gap="md" maw={1360} mx="auto">
      <Group justify="space-between" align="center" gap="sm">
        {/* As wide as there is room, however long it is: what stands beside it stays where it is when the title comes. */}
        <Title order={1} title={title} style={{ flex: "1 1 260px", minWidth: 0, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>{title}</Title>
        {aside && <Box>{aside}</Box>}
      </Group>
      {(hasPeriod || filters) && <FilterBar hasPeriod={hasPeriod} filters={filters ?? []} />}
      {children}
    </Stack>
  );
}
