/** How far it goes: from e-mails sent to meetings. */
import { Paper, Text, Title } from "@mantine/core";
import { Stages } from "../../charts/Bars";
import { Explained, Sum } from "../../figures/Figure";
import { countOf } from "../../figures/figure";
import { Await } from "../../states/Await";
import { words } from "../../words";
import { type Stage, useFunnel, useOverview } from "./query";

export function Funnel() {
  const total = useOverview().data?.lines[0];
  // What lacks some campaigns is marked, and no share is taken of it.
  const isPartial = (name: string | undefined) => Boolean(total && name && countOf(total, name).isPartial);
  return (
    <Await query={useFunnel()} height={330}>
      {(stages) => (
        <Paper component="section" aria-label={words.overview.funnel}>
          <Title order={2}>{words.overview.funnel}</Title>
          <Text size="xs" className="quiet" mb="md">{words.overview.funnelAbout}</Text>
          <Stages
            stages={stages.map((stage, index) => ({
              key: stage.name, title: stage.title, value: stage.count ?? null, share: isPartial(stage.name) || isPartial(stages[index - 1]?.name) ? null : (stage.share_of_previous ?? null),
              figure: <Figure stage={stage} isPartial={isPartial(stage.name)} />,
            }))}
          />
        </Paper>
      )}
    </Await>
  );
}

function Figure({ stage, isPartial }: { stage: Stage; isPartial: boolean }) {
  const sum = <Sum count={{ value: stage.count ?? null, isPartial }} />;
  return <Explained metric={stage.name} here={sum}>{sum}</Explained>;
}
