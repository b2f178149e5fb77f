/** A template of the campaign whole, over the page: as it is laid out, or as text. */
import { Drawer, Stack, Text } from "@mantine/core";
import { Letter, LookSwitch, useLook } from "../../letters/Letter";
import { Await } from "../../states/Await";
import { words } from "../../words";
import { mail } from "../../words/mail";
import { type Detail, pageOf, useVariant } from "../copy/query";

export function Opened({ place, close }: { place: string | undefined; close: () => void }) {
  return (
    <Drawer opened={place !== undefined} onClose={close} position="right" size="lg" title={mail.copy.template} closeButtonProps={{ "aria-label": words.keys.close }}>
      {place !== undefined && <Read place={place} />}
    </Drawer>
  );
}

function Read({ place }: { place: string }) {
  return <Await query={useVariant(place)} height={420}>{(one) => <Template one={one} />}</Await>;
}

function Template({ one }: { one: Detail }) {
  const look = useLook("layout");
  const isLaidOut = one.body_html != null;
  return (
    <Stack gap="sm">
      {isLaidOut && <LookSwitch usual="layout" />}
      {isLaidOut && look === "layout" ? <Letter title={mail.copy.template} address={pageOf(one.variant)} /> : (
        <div className="letter">
          {one.variant.subject_line && <Text fw={600} size="sm" mb="xs">{one.variant.subject_line}</Text>}
          <Text size="sm" className={one.body_plain == null ? "quiet" : "written"}>{one.body_plain ?? mail.copy.noText}</Text>
        </div>
      )}
    </Stack>
  );
}
