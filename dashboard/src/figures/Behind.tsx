/** The way from a number to the replies that it counts. */
import { Anchor } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { words } from "../words";

export function RepliesBehind({ source, campaign }: { source?: string; campaign?: string }) {
  // Filters that are not named here go along by themselves.
  return (
    <Anchor component={Link} to="/replies" search={{ ...(source && { source }), ...(campaign && { campaign }) } as never} size="xs">
      {words.explain.list}
    </Anchor>
  );
}
