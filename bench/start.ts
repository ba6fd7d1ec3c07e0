import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cageArguments } from "../src/backends/bubblewrap/cage-arguments.ts";
import { lookAtHost } from "../src/backends/bubblewrap/host-view.ts";
import { programPath } from "../test/support/needs.ts";
import { type BenchOptions, type BenchSection, type Contestant, inTurns, milliseconds, spread } from "./measure.ts";
import { fetchSrt, SRT } from "./sandbox-runtime.ts";

const SCRIPT = "echo ready";

/** bwrap with the mounts of a bottle and nothing else: no map of ours, no seccomp, no gateway, no probes. */
function rawCage(folder: string): Contestant {
  for (const name of ["etc", "run", "home", "workspace"]) mkdirSync(join(folder, name), { recursive: true });
  for (const name of ["passwd", "group", "hosts", "nsswitch.conf"]) writeFileSync(join(folder, "etc", name), "");
  const all = cageArguments({
    mode: "user",
    view: lookAtHost(),
    etc: join(folder, "etc"),
    run: join(folder, "run"),
    home: join(folder, "home"),
    workspace: { host: join(folder, "workspace"), guest: "/workspace" },
    mounts: [],
    tmpBytes: 64 * 1024 * 1024,
  });
  // The descriptors are handed over by the launcher only; a plain bwrap has none.
  const fds = ["--info-fd", "--userns-block-fd", "--seccomp"];
  const argv = all.filter(
    (word, at) => !fds.includes(word) && !fds.includes(all[at - 1] ?? "") && word !== "--as-pid-1",
  );
  return { argv: ["bwrap", ...argv, "/bin/sh", "-c", SCRIPT], options: { cwd: folder, env: process.env } };
}

/** sandbox-runtime with settings of its own, or why it is missing. */
function srt(options: BenchOptions): Contestant | string {
  const fetched = fetchSrt(options);
  if ("missing" in fetched) return fetched.missing;
  const { home } = fetched;
  const { folder } = options;
  const settings = join(home, "settings.json");
  const network = { allowedDomains: [], deniedDomains: [] };
  const filesystem = { denyRead: [], allowWrite: [folder], denyWrite: [] };
  writeFileSync(settings, JSON.stringify({ network, filesystem }));
  return {
    argv: [join(home, "node_modules/.bin/srt"), "-s", settings, ...SCRIPT.split(" ")],
    options: { cwd: folder, env: { ...process.env, HOME: home } },
  };
}

/** `bottle start` of a trivial agent to its first byte, above raw bwrap, and against sandbox-runtime. */
export async function rows(options: BenchOptions): Promise<BenchSection> {
  const { root, folder } = options;
  if (programPath("bwrap") === null) return { title: "Start", rows: [], notes: ["bubblewrap is not installed here."] };
  const workspace = join(folder, "start-workspace");
  mkdirSync(workspace);
  writeFileSync(join(workspace, "README.md"), "nothing here\n");
  const relative = srt(options);
  const contestants: Record<string, Contestant> = {
    raw: rawCage(join(folder, "raw")),
    bottle: {
      argv: [join(root, "bottle"), "start", "shell", workspace, "--rm", "-p", SCRIPT],
      options: { cwd: folder, env: process.env },
    },
    ...(typeof relative === "string" ? {} : { srt: relative }),
  };
  const timings = await inTurns(contestants, 15, 2);
  const first = (name: string) => spread((timings[name] ?? []).map(({ firstByteMs }) => firstByteMs));
  const total = (name: string) => spread((timings[name] ?? []).map(({ totalMs }) => totalMs));
  const raw = first("raw");
  const bottle = first("bottle");
  const above = (bottle.median - raw.median).toFixed(0);
  const other = first("srt");
  return {
    title: "Start of a bottle",
    rows: [
      { what: "raw `bwrap`, same mounts, to the first byte", value: milliseconds(raw), n: raw.n },
      {
        what: "`./bottle start shell -p`, gateway and seal check, to the agent's first byte",
        value: milliseconds(bottle),
        ratio: `${above} ms above raw bwrap${other.n > 0 ? `, ${(bottle.median / other.median).toFixed(2)}x of srt` : ""}`,
        budget: "<= 200 ms above, < 1x of srt",
        n: bottle.n,
      },
      { what: "the same, to the end with everything removed", value: milliseconds(total("bottle")), n: bottle.n },
      ...(other.n === 0
        ? []
        : [{ what: `\`srt\` (${SRT}), same command, to the first byte`, value: milliseconds(other), n: other.n }]),
    ],
    notes: typeof relative === "string" ? [relative] : [],
  };
}
