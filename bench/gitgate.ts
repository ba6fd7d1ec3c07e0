import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { compileNeedles } from "../src/core/leaks/needles.ts";
import { createGitleaks } from "../src/gitgate/gitleaks.ts";
import { newObjects } from "../src/gitgate/new-objects.ts";
import { searchObjects } from "../src/gitgate/object-search.ts";
import { mirrorEnvironment } from "../src/gitgate/upstream-git.ts";
import { gitWith } from "../src/host/git.ts";
import { type GateWorld, openGateWorld, SERVER_TOKEN } from "../test/support/gitgate/world.ts";
import { programPath } from "../test/support/needs.ts";
import type { BenchOptions, BenchRow, BenchSection } from "./measure.ts";
import { spread } from "./measure.ts";

const MIB = 1 << 20;
const COMMITS = 1000;
const ROUNDS = 3;
const PUSHED_MIB = 200;
const CLONED_MIB = 1024;
const TEXT_MIB = 16;

/** The git gate against plain git, with one server on the same machine; what is searched, by our engine and by gitleaks. */
export async function rows(options: BenchOptions): Promise<BenchSection> {
  const rows: BenchRow[] = [];
  const gitleaks = programPath("gitleaks");
  const tools: Readonly<Record<string, string>> = gitleaks === null ? {} : { gitleaks };
  const scanners = gitleaks === null ? ["our engine"] : ["our engine", "our engine and gitleaks"];
  const compare = (what: string, plain: readonly number[], gate: readonly number[]) => {
    const [base, ours] = [spread(plain), spread(gate)];
    rows.push({ what: `${what}: plain`, value: seconds(base.median), n: base.n });
    const ratio = `${(ours.median / base.median).toFixed(1)}x of plain`;
    rows.push({ what: `${what}: gate`, value: seconds(ours.median), ratio, n: ours.n });
  };

  for (const scanner of scanners) {
    const world = await openGateWorld({ tools: scanner === "our engine" ? {} : tools });
    try {
      options.say(`push of ${COMMITS} commits, ${scanner}`);
      const clone = await world.clone();
      await importInto(clone, commits(options.root));
      const plain: number[] = [];
      const gate: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        plain.push(
          await timed(() => plainGit(world, clone, "push", "-q", world.url, `many:refs/heads/plain/${round}`)),
        );
        world.upstream("update-ref", "-d", `refs/heads/plain/${round}`);
        gate.push(await timed(() => world.sure(clone, "push", "-q", "origin", `many:refs/heads/bot/b/${round}`)));
        world.upstream("update-ref", "-d", `refs/heads/bot/b/${round}`);
      }
      compare(`push of ${COMMITS} commits, ${scanner}`, plain, gate);
      // Of binary files gitleaks reads nothing.
      if (scanner !== "our engine") continue;
      options.say(`push of ${PUSHED_MIB} MiB`);
      await importInto(clone, blobs("large", PUSHED_MIB));
      const direct = await timed(() => plainGit(world, clone, "push", "-q", world.url, "large:refs/heads/plain/l"));
      world.upstream("update-ref", "-d", "refs/heads/plain/l");
      const through = await timed(() => world.sure(clone, "push", "-q", "origin", "large:refs/heads/bot/b/l"));
      compare(`push of a pack of ${PUSHED_MIB} MiB`, [direct], [through]);
    } finally {
      await world.close();
    }
  }
  rows.push(...(await searchRows(options, tools)), ...(await cloneRows(options)));
  const how = `Server (git http-backend over TLS), gate and client share this machine. The packs of ${PUSHED_MIB} MiB and ${CLONED_MIB} MiB are random bytes in files of 1 MiB, the commits change source of this project.`;
  return { title: "Git gate", rows, notes: [how] };
}

async function searchRows(options: BenchOptions, tools: Readonly<Record<string, string>>): Promise<BenchRow[]> {
  options.say(`search of ${TEXT_MIB} MiB`);
  const folder = join(options.folder, "searched.git");
  const git = programPath("git") ?? "";
  spawnSync(git, ["init", "-q", "--bare", folder]);
  await importInto(folder, text(options.root, TEXT_MIB));
  const env = mirrorEnvironment(folder);
  const to = spawnSync(git, ["-C", folder, "rev-parse", "text"], { encoding: "utf8" }).stdout.trim();
  spawnSync(git, ["-C", folder, "update-ref", "-d", "refs/heads/text"]);
  const updates = [{ ref: "refs/heads/x", from: "0".repeat(40), to }];
  const objects = await newObjects(gitWith(git, [], env), updates);
  const needles = compileNeedles([{ name: "x", value: randomBytes(16).toString("hex") }]);
  const search = { known: needles.ok ? needles.set : null, canaries: null, patterns: true };
  const { signal } = new AbortController();
  const command = { argv: [git], env };
  const own = await timed(() =>
    searchObjects({ command, objects, refs: ["refs/heads/x"], search, allowed: () => true, signal }),
  );
  const rate = (ms: number) => `${(TEXT_MIB / (ms / 1000)).toFixed(1)} MiB/s`;
  const rows: BenchRow[] = [{ what: "search of source, our engine", value: rate(own), n: 1 }];
  const beside = await createGitleaks({ git, ...tools }, join(options.folder, "gate"), options.say)();
  if (beside !== null) {
    const ms = await timed(() => beside({ gitDir: folder, env, updates, signal }));
    rows.push({ what: "search of source, gitleaks", value: rate(ms), n: 1 });
  }
  return rows;
}

async function cloneRows(options: BenchOptions): Promise<BenchRow[]> {
  options.say(`clone of ${CLONED_MIB} MiB`);
  const seeds = join(options.folder, "seeds");
  const first = await openGateWorld({ seeds });
  const worlds = [first];
  try {
    await importInto(first.origin.bare, blobs("main", CLONED_MIB));
    const into = join(first.folder, "plain");
    const plain = await timed(() => plainGit(first, first.folder, "clone", "-q", first.url, into));
    rmSync(into, { recursive: true });
    const cloned = async (world: GateWorld) => {
      let most = 0;
      const timer = setInterval(() => {
        most = Math.max(most, process.memoryUsage.rss());
      }, 50);
      const ms = await timed(async () => rmSync(await world.clone(), { recursive: true }));
      clearInterval(timer);
      return { ms, most: most / MIB };
    };
    const one = await cloned(first);
    const second = await openGateWorld({ seeds, origin: first.origin });
    worlds.push(second);
    const two = await cloned(second);
    const row = (what: string, { ms, most }: typeof one): BenchRow => ({
      what: `clone of ${CLONED_MIB} MiB: ${what}`,
      value: `${seconds(ms)}; server and gate in one process, at most ${most.toFixed(0)} MiB`,
      ratio: `${(ms / plain).toFixed(1)}x of plain`,
      n: 1,
    });
    return [
      { what: `clone of ${CLONED_MIB} MiB: plain`, value: seconds(plain), n: 1 },
      row("first bottle", one),
      row("second bottle", two),
    ];
  } finally {
    for (const world of worlds.reverse()) await world.close();
  }
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Git as without a gate: the same client and the same server. */
async function plainGit(world: GateWorld, cwd: string, ...args: string[]): Promise<void> {
  const basic = Buffer.from(`bot:${SERVER_TOKEN}`).toString("base64");
  const header = `http.extraHeader=Authorization: Basic ${basic}`;
  // `insteadOf` takes the longest prefix: the whole URL stands for itself.
  const direct = `url.${world.url}.insteadOf=${world.url}`;
  await world.sure(cwd, "-c", header, "-c", direct, ...args);
}

/** Piece by piece: what this process holds is measured. */
async function importInto(folder: string, pieces: Iterable<Buffer>): Promise<void> {
  const args = ["-C", folder, "-c", "core.compression=0", "fast-import", "--quiet", "--force"];
  const child = spawn("git", args, { stdio: ["pipe", "ignore", "inherit"] });
  const ended = once(child, "close");
  await pipeline(Readable.from(pieces), child.stdin);
  const [code] = await ended;
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`);
}

type Files = Iterable<readonly [path: string, bytes: Buffer]>;

/** A stream of git-fast-import(1), each list of files a commit; on `main`, where there is one. */
function* stream(branch: string, commits: Iterable<Files>): Generator<Buffer> {
  let time = 1_700_000_000;
  let from = branch === "text" ? "" : "from refs/heads/main^0\n";
  for (const files of commits) {
    time += 1;
    yield Buffer.from(`commit refs/heads/${branch}\ncommitter C <c@c.test> ${time} +0000\ndata 5\nwork\n${from}`);
    from = "";
    for (const [path, bytes] of files) {
      yield Buffer.from(`M 644 inline ${path}\ndata ${bytes.length}\n`);
      yield bytes;
      yield Buffer.from("\n");
    }
    yield Buffer.from("\n");
  }
}

const source = (root: string) =>
  ["push", "mirror", "gate", "object-search", "upstream-git"]
    .map((name) => readFileSync(join(root, `src/gitgate/${name}.ts`), "utf8"))
    .join("\n");

function commits(root: string): Iterable<Buffer> {
  const lines = source(root).split("\n");
  return stream(
    "many",
    Array.from({ length: COMMITS }, (_, index): Files => {
      const kept = lines.slice(index % 200, (index % 200) + 100);
      return [[`src/f${index % 40}.ts`, Buffer.from([`// ${index}`, ...kept].join("\n"))]];
    }),
  );
}

function blobs(branch: string, mib: number): Iterable<Buffer> {
  return stream(branch, [filled(mib, (index) => [`f${index}.bin`, randomBytes(MIB)])]);
}

function text(root: string, mib: number): Iterable<Buffer> {
  const all = source(root).repeat(Math.ceil(MIB / source(root).length));
  return stream("text", [
    filled(mib, (index) => [`f${index}.ts`, Buffer.from(`// ${index}\n${all}`).subarray(0, MIB)]),
  ]);
}

function* filled(count: number, file: (index: number) => readonly [string, Buffer]): Files & Generator {
  for (let index = 0; index < count; index += 1) yield file(index);
}
