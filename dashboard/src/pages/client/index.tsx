/** A client's report: one page, printable, from the same figures as everything else. */
import { Anchor, Button, Group } from "@mantine/core";
import { IconPrinter } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { PageFrame } from "../../shell/Shell";
import { words } from "../../words";
import { Report } from "./Report";

export default function ClientPage() {
  const { client } = useParams({ strict: false }) as { client: string };
  return (
    <PageFrame
      title={client}
      aside={
        <Group gap="sm" className="no-print">
          <Anchor component={Link} to="/clients" size="sm">← {words.clients.all}</Anchor>
          <Button variant="default" leftSection={<IconPrinter size={14} />} onClick={() => window.print()}>{words.clients.print}</Button>
        </Group>
      }
    >
      <Report client={client} />
    </PageFrame>
  );
}
