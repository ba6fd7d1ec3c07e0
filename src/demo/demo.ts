import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { BottleError } from "../core/model/errors.ts";
import type { EgressRule } from "../core/model/policy.ts";
import { type Census, heldSockets, type Marks, stillLived, takeCensus } from "./census.ts";
import { type GitServer, openGitServer } from "./git-server.ts";
import { MEMORY_PROGRAM } from "./inside/memory.ts";
import { type ListedHost, openListedHost } from "./listed-host.ts";
import { type Lures, openLures } from "./lures.ts";
import { DIRECT_WAYS, probeDirectWays } from "./probes/direct-ways.ts";
import { NOTHING_LEFT, probeNothingLeft } from "./probes/nothing-left.ts";
import { PLACEHOLDER_ONLY, probePlaceholderOnly } from "./probes/placeholder-only.ts";
import { probeSecretInPush, SECRET_IN_PUSH } from "./probes/secret-in-push.ts";
import { probeSecretInRequest, SECRET_IN_REQUEST } from "./probes/secret-in-request.ts";
import { probeTurn, TURN } from "./probes/turn.ts";
import { probeUnlistedHost, UNLISTED } from "./probes/unlisted-host.ts";
import { allScenes, MEMORY_SCRIPT } from "./scenes.ts";
import type { DemoBottle, DemoSession, ProbeResult } from "./session-port.ts";
import { MODEL_HOST, type StandIn, startStandIn } from "./stand-in.ts";

export interface DemoOptions {
  /** True: the first probe talks to the real API with the operator's own credential. */
  readonly live: boolean;
  readonly session: DemoSession;
  /** Temp folder of this demo: exists, empty, 0700, short enough for a socket in it. Removed by `removeFolder`. */
  readonly folder: string;
  readonly removeFolder: () => void;
  /** Programs of this machine; git is among them. */
  readonly tools: Readonly<Record<string, string>>;
  /** Where else our names could be left: temp, runtime and state folders. */
  readonly watched: readonly string[];
  /** Whether this machine has control groups for us. */
  readonly cgroups: boolean;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

export interface DemoOutcome {
  readonly ok: boolean;
  /** Which agent ran; null when none started. */
  readonly agent: string | null;
  readonly probes: readonly ProbeResult[];
}

/** What the probes of one bottle left behind for the last probe. */
interface Observed {
  agent: string | null;
  during: Census | null;
  readonly words: string[];
  readonly names: string[];
  namespaces: readonly string[];
}

/**
 * Runs the seven probes: the real agent in a real bottle, against the stand-in. A probe that throws has failed, with the
 * error as its evidence; the others still run. Rejects only when no bottle can start or the operator interrupts.
 */
export async function runDemo(options: DemoOptions): Promise<DemoOutcome> {
  const { live, session, folder, progress, signal } = options;
  const ownSockets = heldSockets();
  const observed: Observed = { agent: null, during: null, words: [basename(folder)], names: [], namespaces: [] };
  const marks = (): Marks => ({
    words: observed.words,
    namespaces: observed.namespaces,
    ownSockets,
    folders: options.watched,
    cages: () => session.cages(observed.names),
  });
  const probes: ProbeResult[] = [];
  const workspace = makeWorkspace(folder);
  // As long as a real subscription token, and as random; good for this stand-in and nothing else.
  const credential = `sk-ant-oat01-${randomBytes(96).toString("base64url").slice(0, 93)}AA`;
  let standIn: StandIn | null = null;
  let lures: Lures | null = null;
  let listed: ListedHost | null = null;
  let server: GitServer | null = null;
  try {
    if (live) {
      progress("demo: a bottle for the real API, with your credential");
      await session.withBottle({ workspace, rules: [], credential: null, repositories: {} }, async (bottle) => {
        note(bottle, observed);
        probes.push(await attempt(TURN, () => probeTurn(bottle, null)));
      });
    }
    const fake = await startStandIn({
      socketPath: join(folder, "model.sock"),
      authorization: `Bearer ${credential}`,
      scenes: allScenes,
    });
    standIn = fake;
    const traps = await openLures(join(folder, "lure.sock"), `${basename(folder)}-lure`);
    lures = traps;
    const host = await openListedHost(join(folder, "listed.sock"));
    listed = host;
    const upstream = await openGitServer(folder, options.tools);
    server = upstream;
    const behindSsh = upstream.ssh.repository;
    const repositories = {
      upstream: upstream.repository,
      ...(behindSsh === null ? {} : { "behind-ssh": behindSsh }),
    };
    const rules = [standInRule(join(folder, "model.sock"), fake.caPem), host.rule];
    progress("demo: a bottle, with a stand-in where the model API would be");
    const use = async (bottle: DemoBottle) => {
      note(bottle, observed);
      const steps: readonly (readonly [string, () => Promise<ProbeResult>])[] = [
        ...(live ? [] : [[TURN, () => probeTurn(bottle, fake.seen)] as const]),
        [UNLISTED, () => probeUnlistedHost(bottle, fake.seen)],
        [SECRET_IN_REQUEST, () => probeSecretInRequest(bottle, host)],
        [SECRET_IN_PUSH, () => probeSecretInPush(bottle, upstream, fake.seen)],
        [PLACEHOLDER_ONLY, () => probePlaceholderOnly(bottle, credential, fake.seen)],
        [DIRECT_WAYS, () => probeDirectWays(bottle, traps)],
      ];
      for (const [name, step] of steps) {
        stopIfAborted(signal);
        progress(`demo: ${name}`);
        probes.push(await attempt(name, step));
      }
      observed.during = await takeCensus(marks());
      observed.namespaces = observed.during.namespaces;
    };
    await session.withBottle({ workspace, rules, credential, repositories }, use, async () => {
      if (observed.during !== null) observed.namespaces = stillLived(observed.during, await takeCensus(marks()));
    });
  } finally {
    await lures?.close();
    await listed?.close();
    await standIn?.close();
    await server?.close();
    options.removeFolder();
  }
  progress(`demo: ${NOTHING_LEFT}`);
  const during = observed.during ?? (await takeCensus(marks()));
  probes.push(await attempt(NOTHING_LEFT, () => probeNothingLeft(during, marks(), options.cgroups)));
  return { ok: probes.every((probe) => probe.ok), agent: observed.agent, probes };
}

function note(bottle: DemoBottle, observed: Observed): void {
  observed.agent = bottle.agent;
  observed.words.push(bottle.name, bottle.runFolder);
  observed.names.push(bottle.name);
}

async function attempt(name: string, probe: () => Promise<ProbeResult>): Promise<ProbeResult> {
  try {
    return await probe();
  } catch (error) {
    return { name, ok: false, evidence: [`failed: ${error instanceof Error ? error.message : String(error)}`] };
  }
}

function stopIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new BottleError("BOTTLE_GONE", `interrupted by ${String(signal.reason)}`);
}

/** A folder as a project would be, and the program that the agent is told to run in it. */
function makeWorkspace(folder: string): string {
  const workspace = join(folder, "project");
  mkdirSync(workspace);
  writeFileSync(join(workspace, "README"), "The demo's project: nothing of yours.\n");
  writeFileSync(join(workspace, MEMORY_SCRIPT), MEMORY_PROGRAM);
  return workspace;
}

/** The agent's own rule for the model, but for where the gateway connects: everything before that is as for real. */
function standInRule(socketPath: string, caPem: string): EgressRule {
  return {
    id: "demo:model-stand-in",
    source: "demo",
    host: MODEL_HOST,
    port: 443,
    scheme: "https",
    mode: "inspect",
    methods: ["POST", "GET"],
    paths: ["/v1/messages", "/api/claude_code/settings", "/api/claude_code/policy_limits"],
    body: { shape: "anthropic-messages", allowProviderTools: [] },
    websocket: false,
    maxRequestBytes: null,
    dial: { kind: "unix", path: socketPath, caPem },
    leaks: { action: "redact", opaque: null },
  };
}
