/** The pages that one can go to, in their order. */
import {
  IconAddressBook, IconBook2, IconBriefcase, IconFileText, IconHeartbeat, IconInbox, IconLayoutDashboard, IconMailCheck, IconPhone, IconRoute,
  IconSettings, type TablerIcon,
} from "@tabler/icons-react";
import { useIsInsider } from "../api/session";
import { words } from "../words";

export type Page = { to: string; title: string; icon: TablerIcon; isForInsiders?: boolean };

const PAGES: Page[] = [
  { to: "/", title: words.nav.overview, icon: IconLayoutDashboard },
  { to: "/campaigns", title: words.nav.campaigns, icon: IconAddressBook },
  { to: "/copy", title: words.nav.copy, icon: IconFileText },
  { to: "/replies", title: words.nav.replies, icon: IconInbox },
  { to: "/mailboxes", title: words.nav.deliverability, icon: IconMailCheck },
  { to: "/calls", title: words.nav.calls, icon: IconPhone },
  { to: "/journey", title: words.nav.journey, icon: IconRoute },
  { to: "/clients", title: words.nav.clients, icon: IconBriefcase, isForInsiders: true },
  { to: "/health", title: words.nav.health, icon: IconHeartbeat, isForInsiders: true },
  { to: "/settings", title: words.nav.settings, icon: IconSettings, isForInsiders: true },
  { to: "/glossary", title: words.nav.glossary, icon: IconBook2 },
];

/** Those that whoever is here may see. */
export function usePages(): Page[] {
  const isInsider = useIsInsider();
  return PAGES.filter((page) => isInsider || !page.isForInsiders);
}
