/**
 * `npm run bench`: measures and writes docs/benchmarks.md. Words: names of sections (`cold-start`, `start`, `idle`,
 * `gateway`, `leaks`; the page is then not written), `srt` to fetch the comparison, a number of idle bottles.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { table } from "../scripts/page.ts";
import type { Bench, BenchSection } from "./measure.ts";

/** Files of this folder that export `rows`; the others are run on their own. */
const SECTIONS = ["cold-start", "start", "idle", "gateway", "leaks"];
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
    rows.length === 0 ? [] : [table(["what", "median (p10 to p90)", "in the same run", "budget", "n"], body)];
  return [`## ${title}`, ...figures, ...notes].join("\n\n");
}

const sections: string[] = [];
try {
  for (const name of selected.length > 0 ? selected : SECTIONS) {
    say(name);
    const module: { rows?: Bench } = await import(`./${name}.ts`);
    if (module.rows === undefined) throw new Error(`bench/${name}.ts exports no rows`);
    const section = text(await module.rows({ root, folder, words, say }));
    console.log(`${section}\n`);
    sections.push(section);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

if (selected.length === 0) {
  const machine = `${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? "an unknown kind"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}`;
  const page = `# Benchmarks

Measured on ${new Date().toISOString().slice(0, 10)} with \`npm run bench${words.length === 0 ? "" : ` -- ${words.join(" ")}`}\`: ${machine}, as ${process.getuid?.() === 0 ? "root" : "an ordinary user"};
load average ${busy.toFixed(1)} before it began${busy > 0.5 ? ", so the machine had other work and absolute times are too high" : ""}.

Read the ratios: everything that is compared was measured in turns in one run on one machine. Budgets are goals that
this page is held against; no test asserts a time.

${sections.join("\n\n")}
`;
  writeFileSync(join(root, "docs/benchmarks.md"), page);
  say("docs/benchmarks.md written");
}
