/** A line the size of a word. Days that are not known leave a gap. */

export function Spark({ values, width = 84, height = 22 }: { values: readonly (number | null)[]; width?: number; height?: number }) {
  const known = values.filter((value): value is number => value !== null);
  if (known.length < 2) return null;
  const top = Math.max(...known, 1);
  const x = (index: number) => 1 + (index * (width - 2)) / (values.length - 1);
  const y = (value: number) => height - 2 - (value / top) * (height - 4);
  let path = "";
  let isDrawing = false;
  values.forEach((value, index) => {
    if (value === null) {
      isDrawing = false;
      return;
    }
    path += `${isDrawing ? "L" : "M"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
    isDrawing = true;
  });
  return (
    <svg width={width} height={height} aria-hidden="true" style={{ display: "block" }}>
      <path d={path} fill="none" stroke="var(--atlas-mark)" strokeWidth="1.4" strokeLinejoin="round" />
    </svg>
  );
}
