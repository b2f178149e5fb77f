/** What the keys do. */
import { Kbd, Modal, Table } from "@mantine/core";
import { KEYS, PRESETS } from "../period";
import { words } from "../words";
import { mail } from "../words/mail";

export default function KeyTable({ isOpen, close }: { isOpen: boolean; close: () => void }) {
  const rows: [string, string][] = [
    ["?", words.keys.help],
    ["Ctrl K", words.keys.palette],
    ...PRESETS.map((name) => [KEYS[name].toUpperCase(), words.periods[name]] as [string, string]),
    ["X", words.periods.compare],
    ["J K", `${words.nav.replies}: ${mail.replies.keys.move}`],
    ["1 – 9", `${words.nav.replies}: ${mail.replies.keys.correct}`],
    ["0", `${words.nav.replies}: ${mail.replies.keys.back}`],
    ["Esc", words.keys.close],
  ];
  return (
    <Modal opened={isOpen} onClose={close} title={words.keys.title} closeButtonProps={{ "aria-label": words.keys.close }}>
      <Table aria-label={words.keys.title}>
        <Table.Tbody>
          {rows.map(([key, what]) => (
            <Table.Tr key={key}>
              <Table.Td w={100}><Kbd>{key}</Kbd></Table.Td>
              <Table.Td>{what}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
