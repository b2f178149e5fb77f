/** The way to what the keys do. */
import { ActionIcon, Tooltip } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconKeyboard } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import { words } from "../words";

const KeyTable = lazy(() => import("./KeyTable"));

export function Keys() {
  // Absent until it is asked for the first time.
  const [isOpen, setIsOpen] = useState<boolean>();
  const toggle = () => setIsOpen((was) => !was);
  useHotkeys([["shift+?", toggle], ["?", toggle]]);
  return (
    <>
      <Tooltip label={`${words.keys.open} (?)`}>
        <ActionIcon aria-label={words.keys.open} onClick={toggle}>
          <IconKeyboard size={18} />
        </ActionIcon>
      </Tooltip>
      {isOpen !== undefined && <Suspense><KeyTable isOpen={isOpen} close={() => setIsOpen(false)} /></Suspense>}
    </>
  );
}
