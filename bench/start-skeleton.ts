/**
 * What a bottle costs without gateway and agent: raw bwrap with the same mounts, against create + serve + start, and
 * one exec. Medians in ms. `sh scripts/node bench/start-skeleton.ts [runs]`
 */
import { spawnSync } from "node:child_process";
import { openSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { cageArguments } from "../src/backends/bubblewrap/cage-arguments.ts";
import { lookAtHost } from "../src/backends/bubblewrap/host-view.ts";
import { loadBackend } from "../src/backends/builtins.ts";
import { seccompBytes, seccompProgram } from "../src/backends/call-filter.ts";
import { runFiles, writeRunFiles } from "../src/backends/run-files.ts";
import { onlyHere } from "../src/backends/service-ways.ts";
import { Cleanup } from "../src/host/cleanup.ts";
import { gatherFacts } from "../src/host/facts.ts";
import { guestFiles, testFolders, testPlan } from "../test/support/test-bottle.ts";

const runs = Number(process.argv[2] ?? 20);
const figures: Record<string, number[]> = {};
const note = (name: string, from: number) => {
  figures[name] ??= [];
  figures[name].push(performance.now() - from);
};

const backend = await loadBackend("bubblewrap");
const facts = gatherFacts();
const { top, folders } = testFolders();
const files = runFiles(folders.run);
try {
  for (let n = 0; n < runs; n += 1) {
    writeRunFiles(files, seccompBytes(seccompProgram(facts.arch)));
    rawBwrap();
    const cleanup = new Cleanup();
    const begin = performance.now();
    const shell = await backend.create(testPlan("bench", folders.workspace), {
      facts,
      folders,
      cleanup,
      journal: async () => {},
    });
    note("create", begin);
    await shell.serve(
      onlyHere(async (listener) => {
        cleanup.push("listener", () => void listener.close());
        return { caPem: "", close: async () => {} };
      }),
    );
    const bottle = await shell.start(guestFiles());
    note("create + serve + start", begin);
    const exec = performance.now();
    await bottle.exec({ argv: ["/bin/true"] });
    note("exec true", exec);
    const close = performance.now();
    await bottle.close();
    note("close", close);
    await cleanup.run();
    const node = performance.now();
    spawnSync(process.execPath, ["-e", "0"], { env: {} });
    note("bare node -e 0", node);
  }
} finally {
  for (const folder of [folders.home, folders.workspace]) await backend.erase(folder, facts);
  rmSync(top, { recursive: true, force: true });
}
for (const [name, list] of Object.entries(figures)) {
  const sorted = list.toSorted((a, b) => a - b);
  const at = (part: number) => (sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(1).padStart(7);
  console.log(`${name.padEnd(24)} p50 ${at(0.5)}  p90 ${at(0.9)}  n ${sorted.length}`);
}

/** The cage of an ordinary user made by bwrap alone, as a shell script would, running `true`. */
function rawBwrap(): void {
  const args = cageArguments({
    mode: "user",
    view: lookAtHost(),
    etc: files.etc,
    run: files.guest,
    home: folders.home,
    workspace: { host: folders.workspace, guest: "/workspace" },
    mounts: [],
    tmpBytes: 32 * 2 ** 20,
  });
  const own = new Set(["--info-fd", "--userns-block-fd", "--block-fd", "--seccomp"]);
  const words = args.filter((word, at) => !own.has(word) && !own.has(args[at - 1] ?? ""));
  const list = join(top, "args");
  writeFileSync(list, words.map((word) => `${word}\0`).join(""));
  const fd = openSync(list, "r");
  const from = performance.now();
  const { status, stderr } = spawnSync("/usr/bin/bwrap", ["--args", "3", "--", "/bin/true"], {
    env: {},
    stdio: ["ignore", "ignore", "pipe", fd],
  });
  note("raw bwrap, same mounts", from);
  if (status !== 0) throw new Error(String(stderr));
}
