import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  GITLEAKS_CONFIG,
  GITLEAKS_VERSION,
  type GitleaksReading,
  gitleaksArguments,
  gitleaksEnd,
  readGitleaks,
} from "../core/gitgate/gitleaks-report.ts";
import type { RefUpdate } from "../core/model/git-gate.ts";
import { printable } from "../core/wire/printable.ts";
import { type RunResult, run } from "../host/exec.ts";
import { gitProgram } from "../host/git.ts";

/** The gitleaks of this host; it searches beside our own engine, never instead of it. */
export type GitleaksPresence =
  | { readonly kind: "absent" }
  /** Installed, in a version whose flags and report are not known: it is not used. */
  | { readonly kind: "unknown"; readonly said: string }
  | { readonly kind: "present"; readonly program: string; readonly version: string };

/** Searches what a push would bring, with the mirror's objects and those of `env`. */
export type GitleaksSearch = (push: {
  readonly gitDir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly updates: readonly RefUpdate[];
  readonly signal: AbortSignal;
}) => Promise<GitleaksReading>;

const VERSION_MS = 10_000;
/** Longest search of one push. */
const SECONDS = 300;
const REPORT_BYTES = 16 << 20;
/** Address space in KiB, for what a Go program only reserves too; what it really takes is held down by GOMEMLIMIT. */
const ADDRESS_KIB = 6 << 20;

/** Asks the program which version it is. */
export async function findGitleaks(tools: Readonly<Record<string, string>>): Promise<GitleaksPresence> {
  const program = tools.gitleaks;
  if (program === undefined) return { kind: "absent" };
  const options = { timeoutMs: VERSION_MS, maxBytes: 4096 };
  const asked = await run({ argv: [program, "version"], env: {} }, options).catch(() => null);
  const said = asked?.code === 0 ? asked.stdout.toString("utf8").trim() : "";
  if (GITLEAKS_VERSION.test(said)) return { kind: "present", program, version: said };
  return { kind: "unknown", said: said === "" ? "no version" : printable(said, 60) };
}

/**
 * The search of one gate, in a folder of its own below `folder`; null: there is no gitleaks that can be used. `onAlert` is
 * told when there is one that cannot.
 */
export function createGitleaks(
  tools: Readonly<Record<string, string>>,
  folder: string,
  onAlert: (text: string) => void,
): () => Promise<GitleaksSearch | null> {
  let search: Promise<GitleaksSearch | null> | null = null;
  const make = async (): Promise<GitleaksSearch | null> => {
    const found = await findGitleaks(tools);
    if (found.kind === "unknown") onAlert(`git gate: gitleaks is not used: ${unusable(found.said)}`);
    if (found.kind !== "present") return null;
    const place = join(folder, "gitleaks");
    const config = join(place, "config.toml");
    const empty = join(place, "empty");
    const bin = join(place, "bin");
    for (const path of [empty, bin]) await mkdir(path, { recursive: true, mode: 0o700 });
    await writeFile(config, GITLEAKS_CONFIG, { mode: 0o600 });
    await writeFile(join(bin, "git"), GIT, { mode: 0o700 });
    return async ({ gitDir, env, updates, signal }) => {
      const mark = randomBytes(20).toString("hex");
      const tips = updates.map(({ to }) => to);
      const done = await run(
        {
          argv: [
            tools.sh ?? "/bin/sh",
            ...["-c", `ulimit -c 0; ulimit -v ${ADDRESS_KIB}; ulimit -t ${2 * SECONDS}; exec "$@"`, "sh"],
            found.program,
            ...gitleaksArguments(tips, { config, empty, source: gitDir, seconds: SECONDS + 30 }),
          ],
          env: {
            ...env,
            PATH: bin,
            GATE_GIT: gitProgram(tools),
            GATE_END: gitleaksEnd(mark),
            TMPDIR: dirname(config),
            GOMEMLIMIT: "1GiB",
            GOMAXPROCS: "2",
          },
        },
        { timeoutMs: SECONDS * 1000, maxBytes: REPORT_BYTES, signal },
      );
      return reading(done, mark);
    };
  };
  return () => {
    search ??= make();
    // What failed is tried again at the next push.
    search.catch(() => {
      search = null;
    });
    return search;
  };
}

/** Why a version is not used, and what to do. */
export function unusable(said: string): string {
  return `it says "${said}" of its version, and its flags are known for 8.30.x (build it with -ldflags "-X github.com/zricethezav/gitleaks/v8/version.Version=8.30.1")`;
}

function reading(done: RunResult, mark: string): GitleaksReading {
  if (done.timedOut) return { ok: false, why: `gitleaks needs longer than ${SECONDS} s for it`, tooMuch: true };
  if (done.truncated) return { ok: false, why: "gitleaks found more than is read", tooMuch: true };
  return readGitleaks(done.code, done.stdout, done.stderr.toString("utf8"), mark);
}

/** The git that gitleaks runs: the gate's, with the end mark behind what it says when it ended well. */
const GIT = `#!/bin/sh
"$GATE_GIT" "$@" || { echo "git ended badly" >&2; exit 1; }
printf %s "$GATE_END"
`;
