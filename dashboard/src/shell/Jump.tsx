/** The way to the palette, which is loaded when it is asked for. */
import { Button, Kbd } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import { words } from "../words";

const Palette = lazy(() => import("./Palette"));

export function Jump() {
  const [asked, setAsked] = useState(0);
  const open = () => setAsked((times) => times + 1);
  // From within a field, too.
  useHotkeys([["mod+K", open]], []);
  return (
    <>
      <Button variant="default" leftSection={<IconSearch size={14} />} rightSection={<Kbd size="xs" visibleFrom="sm">Ctrl K</Kbd>} onClick={open} title={words.keys.palette}>
        {words.palette.button}
      </Button>
      {asked > 0 && <Suspense><Palette asked={asked} /></Suspense>}
    </>
  );
}
