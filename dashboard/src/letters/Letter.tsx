/** An e-mail as its sender laid it out: cleaned by the server, in a frame that runs nothing and loads nothing. */
import { SegmentedControl } from "@mantine/core";
import { useFilters } from "../search";
import { mail } from "../words/mail";

const w = mail.letters;

export type Look = "layout" | "text";

/** Which of both is looked at, as the address says; nothing there is what is usual on a page. */
export function useLook(usual: Look): Look {
  const { as } = useFilters().search;
  return as === "text" || as === "layout" ? as : usual;
}

export function LookSwitch({ usual }: { usual: Look }) {
  const { change } = useFilters();
  return (
    <SegmentedControl
      size="xs" value={useLook(usual)} aria-label={w.look} onChange={(next) => change({ as: next === usual ? undefined : next }, true)} style={{ alignSelf: "flex-start" }}
      data={[{ value: "layout", label: w.layout }, { value: "text", label: w.text }]}
    />
  );
}

export function Letter({ title, address }: { title: string; address: string }) {
  return <iframe title={title} sandbox="" src={address} className="frame" />;
}
