/** Who is signed in, and the way out. */
import { ActionIcon, Menu } from "@mantine/core";
import { IconLogout, IconUser } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { leave, whoIsHere } from "../api/session";
import { words } from "../words";

export function Who() {
  const me = useQuery(whoIsHere).data;
  const out = async () => {
    await leave();
    location.assign("/sign-in");
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon aria-label={words.signIn.who(me?.name ?? "")}>
          <IconUser size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{me?.name}</Menu.Label>
        <Menu.Item leftSection={<IconLogout size={14} />} onClick={() => void out()}>
          {words.signIn.out}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
