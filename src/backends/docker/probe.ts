import { mkdtempSync, realpathSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BottleError } from "../../core/model/errors.ts";
import type { Finding } from "../../core/model/finding.ts";
import type { HostFacts } from "../../core/model/host-facts.ts";
import { trySight } from "./elsewhere/sight.ts";
import { type Engine, engineHere } from "./engine.ts";
import { type EngineFacts, engineFacts } from "./engine-facts.ts";
import { defaultImage } from "./image.ts";

/** What `doctor` says about the engine: each with its mend. */
export async function probeEngine(facts: HostFacts): Promise<readonly Finding[]> {
  let engine: Engine;
  let about: EngineFacts;
  try {
    engine = engineHere();
    about = await engineFacts(engine);
  } catch (error) {
    return [findingOf(error)];
  }
  const image = await probeImage(engine);
  const sight = image.level === "ok" ? await probeSight(engine, facts) : [];
  return [...engineFindings(about), image, ...sight];
}

/** Tried with a folder among the temp files: it may be seen where the state folder is not, and then a start tells. */
async function probeSight(engine: Engine, facts: HostFacts): Promise<Finding[]> {
  const folder = mkdtempSync(join(tmpdir(), "bottle-seen-"));
  try {
    const { id } = await defaultImage(engine, process.env);
    if ((await trySight(engine, [realpathSync(folder)], id, "doctor", facts)) === "here") return [];
    return [
      {
        id: "engine-elsewhere",
        level: "warning",
        message: "the engine does not see this machine's files: home and workspace travel there and back",
        mend: "nothing, unless a workspace is to be bound: that needs an engine on this machine, or a folder shared with it",
      },
    ];
  } catch (error) {
    return [findingOf(error)];
  } finally {
    rmdirSync(folder);
  }
}

/** Why no container of ours can be made here, or null. */
export async function engineLack(): Promise<string | null> {
  try {
    const engine = engineHere();
    const [about] = await Promise.all([engineFacts(engine), defaultImage(engine, process.env)]);
    return engineFindings(about).find(({ level }) => level === "error")?.message ?? null;
  } catch (error) {
    return findingOf(error).message;
  }
}

async function probeImage(engine: Engine): Promise<Finding> {
  try {
    const { name, id } = await defaultImage(engine, process.env);
    return { id: "image", level: "ok", message: `image ${name} (${id.slice(0, 19)})` };
  } catch (error) {
    return findingOf(error);
  }
}

function findingOf(error: unknown): Finding {
  const known = error instanceof BottleError ? error : null;
  return {
    id: String(known?.facts?.finding ?? "engine-failed"),
    level: "error",
    message: known?.message ?? String(error),
    ...(known?.hint !== undefined && { mend: known.hint }),
  };
}

/** What an engine lacks, or is good for. Pure. */
export function engineFindings(about: EngineFacts): Finding[] {
  const findings: Finding[] = [
    {
      id: "engine",
      level: "ok",
      message: `engine ${about.version} on ${about.product}, control groups ${about.cgroup}`,
    },
  ];
  const error = (id: string, message: string, mend: string) => findings.push({ id, level: "error", message, mend });
  if (about.system !== "linux") {
    error("engine-windows", `this engine runs ${about.system} containers`, "switch it to Linux containers");
  }
  if (about.remapped) {
    error("engine-remapped", "containers get other user ids (userns-remap)", "use an engine without userns-remap");
  }
  if (!about.seccomp) {
    error("engine-no-seccomp", "the engine cannot filter system calls", "use a kernel and an engine with seccomp");
  }
  const missing = Object.entries(about.limits).flatMap(([name, there]) => (there ? [] : [name]));
  if (missing.length > 0) {
    findings.push({
      id: "engine-no-limits",
      level: "warning",
      message: `the engine cannot limit ${missing.join(" and ")}`,
      mend: "enable these control groups (rootless engines: delegate them by systemd)",
    });
  }
  return findings;
}
