/** Our figures beside the services' own, and why they differ. */
import { Paper, Text, Title } from "@mantine/core";
import { useTitles } from "../../figures/definitions";
import { showCount } from "../../figures/figure";
import { Await } from "../../states/Await";
import { type Column, DataTable } from "../../table/Table";
import { words } from "../../words";
import { running } from "../../words/running";
import { type Difference, useReconciliation } from "./query";

const w = running.health;

export function Reconciliation() {
  const title = useTitles();
  return (
    <Paper component="section" aria-label={w.reconciliation}>
      <Title order={2}>{w.reconciliation}</Title>
      <Text size="sm" className="quiet" mb="md" maw={760}>{w.reconciliationAbout}</Text>
      <Await query={useReconciliation()} height={320}>
        {({ sources, campaigns }) => {
          const columns: Column<Difference>[] = [
            { key: "campaign_name", title: words.campaigns.name, value: (line) => line.campaign_name ?? line.campaign_id },
            { key: "source_name", title: words.filters.source, value: (line) => line.source_name },
            { key: "metric", title: words.glossary.metric, value: (line) => title(line.metric) },
            { key: "ours", title: w.ours, isNumber: true, value: (line) => line.ours ?? null, view: (line) => showCount(line.ours ?? null) },
            { key: "theirs", title: w.theirs, isNumber: true, value: (line) => line.theirs ?? null, view: (line) => showCount(line.theirs ?? null) },
            { key: "difference", title: w.difference, isNumber: true, value: (line) => line.difference ?? null, view: (line) => <Gap line={line} /> },
            { key: "explanation", title: w.why, value: (line) => line.explanation, view: (line) => <Text size="sm" maw={420} miw={260}>{line.explanation}</Text> },
          ];
          const pairs = sources.reduce((all, one) => all + one.campaigns, 0);
          const equal = sources.reduce((all, one) => all + one.equal, 0);
          return (
            <>
              <Text size="sm" mb="sm">{w.agree(showCount(equal), showCount(pairs))}</Text>
              <DataTable name="reconciliation" rows={campaigns.filter((line) => line.reason !== "equal" && line.reason !== "not_told")} columns={columns} id={(line) => `${line.source_id} ${line.campaign_id} ${line.metric}`} empty={{ why: w.allAgree }} pageSize={25} />
            </>
          );
        }}
      </Await>
    </Paper>
  );
}

function Gap({ line }: { line: Difference }) {
  const difference = line.difference ?? null;
  if (difference === null) return <span className="quiet">–</span>;
  return <span className={line.reason === "unknown" ? "bad" : "quiet"}>{difference > 0 ? "+" : ""}{showCount(difference)}</span>;
}
