import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { providers } from "../agents/providers.ts";
import { loadBackend } from "../backends/builtins.ts";
import type { AuditEvent } from "../core/model/audit.ts";
import { BottleError } from "../core/model/errors.ts";
import type { BottlePlan, Placement } from "../core/model/plan.ts";
import type { StartRequest } from "../core/plan/start-request.ts";
import type { SessionContext } from "../session/context.ts";
import { launch, type RunningBottle } from "../session/launch.ts";
import { prepare } from "../session/prepare.ts";
import { readAudit } from "../state/audit-reader.ts";
import { WORKSHOP_FOLDERS } from "../state/bottle-folder.ts";
import { removeBottleFolder } from "../state/records.ts";
import type { DemoBottle, DemoSession, DemoSpec } from "./session-port.ts";

const AGENT = "claude";
const AGENT_LIMIT_MS = 60_000;
const EXEC_LIMIT_MS = 30_000;
const GRACE_MS = 1_000;

/** Variables in which an operator's own credential or another API address could stand. */
const OWN_CREDENTIALS = /^(ANTHROPIC_|CLAUDE_)/;

/**
 * Bottles of the demo: ordinary starts of the built-in agent, with a manifest of the demo's own in place of the
 * operator's, so that the demo shows the same everywhere. `folder` is the demo's temp folder, `asked` the backend's
 * name; `placement` null: as the backend chooses.
 */
export function demoSession(
  context: SessionContext,
  folder: string,
  asked: string,
  placement: Placement | null = null,
): DemoSession {
  const operatorManifest = join(folder, "manifest.json");
  const layout = { ...context.layout, operatorManifest };
  return {
    async withBottle(spec, use, ended) {
      const bottle = { ...(placement === null ? {} : { placement }), git: { repos: spec.repositories } };
      writeFileSync(operatorManifest, JSON.stringify({ bottles: { default: bottle } }), { mode: 0o600 });
      const own: SessionContext = { ...context, layout, env: environment(context.env, spec.credential) };
      const { plan, backend } = await prepare(request(spec, asked), own, { extraRules: spec.rules });
      const binding = plan.credentials[0];
      if (binding === undefined) {
        throw new BottleError(
          "SECRET_UNRESOLVED",
          "there is no credential of yours on this machine for the live probe",
          {
            hint: "export ANTHROPIC_API_KEY or CLAUDE_CODE_OAUTH_TOKEN, or run `claude` once and log in",
          },
        );
      }
      const running = await launch(plan, backend, own);
      const { paths } = running;
      const stop = () => void running.stop(GRACE_MS);
      own.signal.addEventListener("abort", stop, { once: true });
      if (own.signal.aborted) stop();
      let result: Awaited<ReturnType<typeof use>>;
      try {
        result = await use(demoBottle(running, binding.placeholder));
      } finally {
        own.signal.removeEventListener("abort", stop);
        const failures = await running.close();
        await ended?.();
        for (const { name, error } of failures) context.say(`demo: ${name} could not be undone: ${String(error)}`);
        await Promise.all(WORKSHOP_FOLDERS.map((name) => backend.erase(join(paths.folder, name), own.facts)));
        await removeBottleFolder(layout, plan.name);
      }
      return result;
    },
    async cages(names) {
      const backend = await loadBackend(asked);
      const running = await Promise.all(names.map((name) => backend.runs(name, context.facts)));
      return names.filter((_, index) => running[index] === true);
    },
  };
}

function environment(env: SessionContext["env"], credential: string | null): SessionContext["env"] {
  if (credential === null) return env;
  const kept = Object.entries(env).filter(([name]) => !OWN_CREDENTIALS.test(name));
  return { ...Object.fromEntries(kept), CLAUDE_CODE_OAUTH_TOKEN: credential };
}

const request = (spec: DemoSpec, backend: string): StartRequest => ({
  agent: AGENT,
  path: spec.workspace,
  workspace: "copy",
  backend,
  command: null,
  // Every run of the agent brings its own prompt; this one only says that none has a terminal.
  prompt: "demo",
  args: [],
  name: null,
  labels: { demo: "yes" },
  allow: [],
  withoutCgroup: false,
  dryRun: false,
  rm: true,
});

function demoBottle({ plan, bottle, paths, guest }: RunningBottle, placeholder: string): DemoBottle {
  return {
    name: plan.name,
    runFolder: basename(paths.run),
    agent: agentTitle(plan),
    network: guest.network,
    placeholder,
    exec: (argv, options = {}) => bottle.exec({ argv }, { timeoutMs: EXEC_LIMIT_MS, ...options }),
    runAgent(prompt) {
      const provider = providers[AGENT];
      if (provider === undefined) throw new BottleError("INVARIANT", `no agent ${AGENT}`);
      const run = { binary: plan.agent.binary, workspace: guest.workspace, home: guest.home, prompt };
      return bottle.exec(provider.command({ ...run, args: [], instructions: null }), { timeoutMs: AGENT_LIMIT_MS });
    },
    async audit() {
      const events: AuditEvent[] = [];
      for await (const parsed of readAudit(paths.audit)) if (parsed.ok) events.push(parsed.line.event);
      return events;
    },
  };
}

const agentTitle = ({ agent }: BottlePlan): string =>
  `${providers[agent.name]?.title ?? agent.name} ${agent.binary.version} (${agent.binary.origin})`;
