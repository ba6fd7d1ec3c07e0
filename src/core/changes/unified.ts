const CONTEXT = 3;
/** Beyond so many differing lines the shortest script is not looked for: all old lines go, all new ones come. */
const MAX_DISTANCE = 1000;

/** One line of the comparison: kept, taken out or put in. */
interface Step {
  readonly kind: " " | "-" | "+";
  readonly line: string;
}

/**
 * The difference of two texts in the unified format (POSIX.1-2024, diff -u), without file names; "" when they are equal.
 * Linear but for the number of differences, which is bounded.
 */
export function unifiedDiff(before: string, after: string): string {
  if (before === after) return "";
  const steps = scriptOf(linesOf(before), linesOf(after));
  return hunksOf(steps)
    .map(([from, to]) => hunkText(steps, from, to))
    .join("");
}

function linesOf(text: string): readonly string[] {
  if (text === "") return [];
  const lines = text.split(/(?<=\n)/);
  const last = lines.at(-1) ?? "";
  return last.endsWith("\n") ? lines : [...lines.slice(0, -1), `${last}\n\\ No newline at end of file\n`];
}

/** Shortest script by Myers' greedy algorithm (Algorithmica 1, 1986), ends that are equal taken off first. */
function scriptOf(before: readonly string[], after: readonly string[]): readonly Step[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  const most = Math.min(before.length, after.length) - head;
  while (tail < most && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  const kept = (lines: readonly string[]): Step[] => lines.map((line) => ({ kind: " ", line }));
  return [
    ...kept(before.slice(0, head)),
    ...middle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...kept(before.slice(before.length - tail)),
  ];
}

function middle(before: readonly string[], after: readonly string[]): readonly Step[] {
  const replaced = (): Step[] => [
    ...before.map((line): Step => ({ kind: "-", line })),
    ...after.map((line): Step => ({ kind: "+", line })),
  ];
  const [n, m] = [before.length, after.length];
  const trace: Map<number, number>[] = [];
  let reach = new Map([[1, 0]]);
  const furthest = (from: Map<number, number>, k: number, d: number): number => {
    const down = k === -d || (k !== d && (from.get(k - 1) ?? -1) < (from.get(k + 1) ?? -1));
    return down ? (from.get(k + 1) ?? 0) : (from.get(k - 1) ?? 0) + 1;
  };
  let found = -1;
  for (let d = 0; found < 0 && d <= n + m; d += 1) {
    if (d > MAX_DISTANCE) return replaced();
    trace.push(reach);
    const next = new Map<number, number>();
    for (let k = -d; k <= d; k += 2) {
      let x = furthest(reach, k, d);
      while (x < n && x - k < m && before[x] === after[x - k]) x += 1;
      next.set(k, x);
      if (x >= n && x - k >= m) found = d;
    }
    reach = next;
  }
  const steps: Step[] = [];
  let [x, y] = [n, m];
  for (let d = found; d >= 0; d -= 1) {
    const from = trace[d] ?? new Map<number, number>();
    const k = x - y;
    const down = k === -d || (k !== d && (from.get(k - 1) ?? -1) < (from.get(k + 1) ?? -1));
    const before0 = down ? k + 1 : k - 1;
    const x0 = from.get(before0) ?? 0;
    const y0 = x0 - before0;
    while (x > Math.max(x0, 0) && y > Math.max(y0, 0) && before[x - 1] === after[y - 1]) {
      steps.push({ kind: " ", line: before[x - 1] ?? "" });
      x -= 1;
      y -= 1;
    }
    if (d === 0) break;
    if (down) steps.push({ kind: "+", line: after[y - 1] ?? "" });
    else steps.push({ kind: "-", line: before[x - 1] ?? "" });
    [x, y] = [x0, y0];
  }
  return steps.reverse();
}

/** Ranges of steps that are shown together, with their context. */
function hunksOf(steps: readonly Step[]): readonly (readonly [from: number, to: number])[] {
  const hunks: [number, number][] = [];
  for (const [index, { kind }] of steps.entries()) {
    if (kind === " ") continue;
    const [from, to] = [Math.max(0, index - CONTEXT), Math.min(steps.length, index + CONTEXT + 1)];
    const last = hunks.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = to;
    else hunks.push([from, to]);
  }
  return hunks;
}

function hunkText(steps: readonly Step[], from: number, to: number): string {
  const count = (part: readonly Step[], without: Step["kind"]) => part.filter(({ kind }) => kind !== without).length;
  const before = steps.slice(0, from);
  const shown = steps.slice(from, to);
  const range = (without: Step["kind"]) => {
    const length = count(shown, without);
    // An empty range stands after the line that it names.
    return `${count(before, without) + (length === 0 ? 0 : 1)},${length}`;
  };
  return `@@ -${range("+")} +${range("-")} @@\n${shown.map(({ kind, line }) => kind + line).join("")}`;
}
