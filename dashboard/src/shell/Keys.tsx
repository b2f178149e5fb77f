/** What the keys do. */
import { ActionIcon, Kbd, Modal, Table, Tooltip } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { IconKeyboard } from "@tabler/icons-react";
import { KEYS, PRESETS } from "../period";
import { words } from "../words";

export function Keys() {
  const [isOpen, { open, close, toggle }] = useDisclosure();
  useHotkeys([["shift+?", toggle], ["?", toggle]]);
  const rows: [string, string][] = [
    ["?", words.keys.help],
    ["Ctrl K", words.keys.palette],
    ...PRESETS.map((name) => [KEYS[name].toUpperCase(), words.periods[name]] as [string, string]),
    ["X", words.periods.compare],
    ["Esc", words.keys.close],
  ];
  return (
    <>
      <Tooltip label={`${words.keys.open} (?)`}>
        <ActionIcon aria-label={words.keys.open} onClick={open}>
          <IconKeyboard size={18} />
        </ActionIcon>
      </Tooltip>
      <Modal opened={isOpen} onClose={close} title={words.keys.title} closeButtonProps={{ "aria-label": words.keys.close }}>
        <Table aria-label={words.keys.title}>
          <Table.Tbody>
            {rows.map(([key, what]) => (
              <Table.Tr key={key}>
                <Table.Td w={90}><Kbd>{key}</Kbd></Table.Td>
                <Table.Td>{what}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Modal>
    </>
  );
}
