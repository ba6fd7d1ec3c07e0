/**
 * `npm run bench`: measures and writes docs/benchmarks.md. Words: names of sections (`cold-start`, `start`, `resize`, `fleet`,
 * `docker`, `gateway`, `latency`, `leaks`, `gitgate`, `dashboard`; the page is then left as it is, or with `write` only they are renewed in it),
 * `srt` to fetch the comparison, the greatest number of bottles at once, and of `fleet` the kinds of agents.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { table } from "../scripts/page.ts";
import { type PageSection, renewed } from "./benchmark-page.ts";
import type { Bench, BenchSection } from "./measure.ts";

/** Files of this folder that export `rows`; the others are run on their own. */
const SECTIONS = [
  "cold-start",
  "start",
  "resize",
  "docker",
  "fleet",
  "gateway",
  "latency",
  "leaks",
  "gitgate",
  "dashboard",
];
const root = join(import.meta.dirname, "..");
const words = process.argv.slice(2);
const busy = loadavg()[0] ?? 0;
const say = (line: string) => console.error(`bench: ${line}`);

const selected = SECTIONS.filter((name) => words.includes(name));

// State of its own: the operator's bottles are neither seen nor touched.
const folder = mkdtempSync(join(tmpdir(), "bbb-"));
for (const name of ["state", "config", "run"]) mkdirSync(join(folder, name), { mode: 0o700 });
Object.assign(process.env, {
  XDG_STATE_HOME: join(folder, "state"),
  XDG_CONFIG_HOME: join(folder, "config"),
  XDG_RUNTIME_DIR: join(folder, "run"),
});

function text({ title, rows, notes }: BenchSection): string {
  const body = rows.map(({ what, value, ratio, budget, n }) => [what, value, ratio ?? "", budget ?? "", String(n)]);
  const figures =
    rows.length === 0
      ? []
      : [table(["what", "median (p10 to p90), or as named", "in the same run", "budget", "n"], body)];
  return [`## ${title}`, ...figures, ...notes].join("\n\n");
}

const sections: PageSection[] = [];
try {
  for (const name of selected.length > 0 ? selected : SECTIONS) {
    say(name);
    const module: { rows?: Bench } = await import(`./${name}.ts`);
    if (module.rows === undefined) throw new Error(`bench/${name}.ts exports no rows`);
    const section = await module.rows({ root, folder, words, say });
    console.log(`${text(section)}\n`);
    sections.push({ title: section.title, text: text(section) });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const path = join(root, "docs/benchmarks.md");
const day = new Date().toISOString().slice(0, 10);
const command = `npm run bench${words.length === 0 ? "" : ` -- ${words.join(" ")}`}`;
const others = `load average ${busy.toFixed(1)} before it began${busy > 0.5 ? ", so the machine had other work and absolute times are too high" : ""}`;

if (selected.length === 0) {
  const machine = `${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? "an unknown kind"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}`;
  const head = `# Benchmarks

Measured on ${day} with \`${command}\`: ${machine}, as ${process.getuid?.() === 0 ? "root" : "an ordinary user"};
${others}. A section that says so was measured anew by its name.

Read the ratios: everything that is compared was measured in turns in one run on one machine. Budgets are goals that
this page is held against; no test asserts a time.
`;
  writeFileSync(path, renewed(head, sections));
} else if (words.includes("write")) {
  const anew = sections.map(({ title, text }) => ({
    title,
    text: `${text}\n\nMeasured on ${day} with \`${command}\`, on the same machine; ${others}.`,
  }));
  writeFileSync(path, renewed(readFileSync(path, "utf8"), anew));
}
if (selected.length === 0 || words.includes("write")) say("docs/benchmarks.md written");
