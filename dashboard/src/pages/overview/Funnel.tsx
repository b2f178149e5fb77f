/** How far it goes: from e-mails sent to meetings, of the same sums as the figures above. */
import { Bars, OF_BEFORE } from "../../charts/Bars";
import { useTitles } from "../../figures/definitions";
import { Explained, Sum } from "../../figures/Figure";
import { type Count, countOf } from "../../figures/figure";
import { Await } from "../../states/Await";
import { words } from "../../words";
import { type Total, useOverview } from "./query";

/** Those of calls follow where there are calls. */
const STAGES = ["total_sent", "total_delivered", "total_replied", "positive_replies", "meetings"] as const;

/** What lacks some campaigns is marked, and no share is taken of it. */
const isWhole = (count: Count | undefined): boolean => count !== undefined && count.value !== null && !count.isPartial;

export function Funnel() {
  const title = useTitles();
  return <Await query={useOverview()} height={330}>{({ lines: [total] }) => total && <Stages total={total} title={title} />}</Await>;
}

function Stages({ total, title }: { total: Total; title: (metric: string) => string }) {
  const stages = STAGES.filter((name) => name in total).map((name) => ({ name, count: countOf(total, name) }));
  const share = (index: number): number | null => {
    const [now, before] = [stages[index]?.count, stages[index - 1]?.count];
    return isWhole(now) && isWhole(before) && before!.value! > 0 ? now!.value! / before!.value! : null;
  };
  return (
    <Bars
      title={words.overview.funnel} note={stages.every(({ count }) => isWhole(count)) ? words.overview.funnelAbout : words.overview.funnelPartial}
      of={words.overview.stage} counted={words.overview.count} share={OF_BEFORE} whole={stages.find(({ count }) => count.value !== null)?.count.value}
      bars={stages.map(({ name, count }, index) => ({
        key: name, title: title(name), value: count.value, share: share(index),
        figure: <Explained metric={name} place={{}} here={<Sum count={count} />}><Sum count={count} /></Explained>,
      }))}
    />
  );
}
