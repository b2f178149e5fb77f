/** A line as small as a word: what was sent as bars, how much of it was replied to above them. */
import { type Line, rateOf, countOf, showCount, showRate } from "../figures/figure";
import { words } from "../words";

const [WIDTH, HEIGHT] = [84, 22];
/** Fewer than this make no rate. */
const LEAST = 20;

export function Spark({ points, steps }: { points: (Line & { date: string })[]; steps: string[] }) {
  const known = new Map(points.map((point) => [point.date, point]));
  const at = steps.map((date) => known.get(date));
  const sent = at.map((point) => (point ? countOf(point, "total_sent").value : null));
  const rates = at.map((point) => {
    const rate = point && rateOf(point, "reply_rate");
    return rate && (rate.below ?? 0) >= LEAST ? rate.rate : null;
  });
  if (sent.every((value) => value === null)) return <span className="quiet" title={words.states.unknown}>–</span>;
  const [most, highest] = [Math.max(1, ...sent.map((value) => value ?? 0)), Math.max(0.001, ...rates.map((value) => value ?? 0))];
  const slot = WIDTH / Math.max(1, steps.length);
  const x = (index: number) => (index + 0.5) * slot;
  const y = (rate: number) => HEIGHT - 2 - (rate / highest) * (HEIGHT - 4);
  const told = steps.map((date, index) => `${date}: ${showCount(sent[index] ?? null)}, ${showRate(rates[index] ?? null)}`).join("; ");
  return (
    <svg width={WIDTH} height={HEIGHT} role="img" aria-label={`${words.charts.spark}: ${told}`} style={{ verticalAlign: "middle" }}>
      <title>{told}</title>
      {sent.map((value, index) => value !== null && value > 0 && (
        <rect key={steps[index]} x={index * slot + slot * 0.15} width={slot * 0.7} y={HEIGHT - (value / most) * HEIGHT} height={(value / most) * HEIGHT} fill="var(--atlas-mark)" opacity={0.18} />
      ))}
      {segments(rates).map((run) => (
        run.length > 1
          ? <polyline key={run[0]} points={run.map((index) => `${x(index)},${y(rates[index]!)}`).join(" ")} fill="none" stroke="var(--atlas-mark)" strokeWidth={1.5} strokeLinejoin="round" />
          : <circle key={run[0]} cx={x(run[0]!)} cy={y(rates[run[0]!]!)} r={1.5} fill="var(--atlas-mark)" />
      ))}
    </svg>
  );
}

/** Runs of known values: a gap is a gap. */
function segments(values: (number | null)[]): number[][] {
  const runs: number[][] = [];
  values.forEach((value, index) => {
    if (value === null) return;
    if (index > 0 && values[index - 1] !== null && runs.length > 0) runs.at(-1)!.push(index);
    else runs.push([index]);
  });
  return runs;
}
