/** How far it goes: from e-mails sent to meetings. */
import { Bars, OF_BEFORE } from "../../charts/Bars";
import { Explained, Sum } from "../../figures/Figure";
import { type Count, countOf } from "../../figures/figure";
import { Await } from "../../states/Await";
import { words } from "../../words";
import { type Stage, useFunnel, useOverview } from "./query";

export function Funnel() {
  const total = useOverview().data?.lines[0];
  // What lacks some campaigns is marked, and no share is taken of it.
  const counted = (stage: Stage): Count => (total && stage.name in total ? countOf(total, stage.name) : { value: stage.count ?? null, isPartial: false });
  return (
    <Await query={useFunnel()} height={330}>
      {(stages) => {
        const counts = stages.map(counted);
        const isWhole = (count: Count | undefined) => count === undefined || (count.value !== null && !count.isPartial);
        return (
          <Bars
            title={words.overview.funnel} note={counts.every(isWhole) ? words.overview.funnelAbout : words.overview.funnelPartial}
            of={words.overview.stage} counted={words.overview.count} share={OF_BEFORE} whole={counts.find(({ value }) => value !== null)?.value}
            bars={stages.map((stage, index) => ({
              key: stage.name, title: stage.title, value: counts[index]!.value, figure: <Figure metric={stage.name} count={counts[index]!} />,
              share: isWhole(counts[index]) && isWhole(counts[index - 1]) ? (stage.share_of_previous ?? null) : null,
            }))}
          />
        );
      }}
    </Await>
  );
}

function Figure({ metric, count }: { metric: string; count: Count }) {
  const sum = <Sum count={count} />;
  return <Explained metric={metric} place={{}} here={sum}>{sum}</Explained>;
}
