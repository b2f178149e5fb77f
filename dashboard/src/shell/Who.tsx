/** Who is signed in, and the way out. */
import { ActionIcon, Button, Popover, Stack, Text } from "@mantine/core";
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
    <Popover position="bottom-end" shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <ActionIcon aria-label={words.signIn.who(me?.name ?? "")}>
          <IconUser size={18} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="sm">
          <Text size="sm" className="quiet">{me?.name}</Text>
          <Button variant="default" leftSection={<IconLogout size={14} />} onClick={() => void out()}>{words.signIn.out}</Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
