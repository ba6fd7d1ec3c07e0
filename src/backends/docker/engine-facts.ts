import { BottleError } from "../../core/model/errors.ts";
import { diagnoseEngine } from "./diagnosis.ts";
import { callEngine, type Engine } from "./engine.ts";

/** What an engine says about itself that matters here. */
export interface EngineFacts {
  /** Tells engines apart; stays over their restarts. */
  readonly id: string;
  readonly version: string;
  /** `linux`, or `windows`. */
  readonly system: string;
  /** Runs without root: uid 0 of a container is the operator, all others are subordinate ids. */
  readonly rootless: boolean;
  /** Containers have other ids than the machine (userns-remap). */
  readonly remapped: boolean;
  readonly seccomp: boolean;
  readonly cgroup: string;
  readonly limits: { readonly memory: boolean; readonly pids: boolean; readonly cpu: boolean };
  readonly runtimes: readonly string[];
  /** Ends in the name of the product: `Docker Desktop`. */
  readonly product: string;
}

/** Asks the engine. Rejects with HOST_UNFIT and the mend when it does not answer. */
export async function engineFacts(engine: Engine): Promise<EngineFacts> {
  return readEngineFacts(await callEngine(engine, ["info", "--format", "{{json .}}"], { timeoutMs: 20_000 }));
}

/** Where the engine is reached: `unix:///run/docker.sock`, `tcp://...`, `ssh://...`. Rejects with HOST_UNFIT. */
export async function engineEndpoint(engine: Engine): Promise<string> {
  const args = ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"];
  return (await callEngine(engine, args, { code: "HOST_UNFIT", timeoutMs: 20_000 })).trim();
}

/** Reads `docker info --format '{{json .}}'`. Pure. Throws HOST_UNFIT for anything else. */
export function readEngineFacts(text: string): EngineFacts {
  let info: Readonly<Record<string, unknown>>;
  try {
    info = JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new BottleError("HOST_UNFIT", "docker info gave no JSON", { cause, hint: "update docker" });
  }
  // A client without an engine prints its own half and this.
  const errors = info.ServerErrors;
  if (Array.isArray(errors) && errors.length > 0) {
    const said = String(errors[0]);
    const finding = diagnoseEngine(said);
    const known = finding.unfit ? finding : diagnoseEngine(`Cannot connect to the Docker daemon: ${said}`);
    throw new BottleError("HOST_UNFIT", `docker info: ${known.message}`, {
      ...(known.mend !== undefined && { hint: known.mend }),
      facts: { finding: known.id },
    });
  }
  const options = Array.isArray(info.SecurityOptions) ? info.SecurityOptions.map(String) : [];
  const has = (name: string) => options.some((option) => option.split(",").includes(`name=${name}`));
  const text_ = (name: string) => (typeof info[name] === "string" ? info[name] : "");
  return {
    id: text_("ID"),
    version: text_("ServerVersion"),
    system: text_("OSType"),
    rootless: has("rootless"),
    remapped: has("userns"),
    seccomp: has("seccomp"),
    cgroup: `v${text_("CgroupVersion") || "1"}, ${text_("CgroupDriver") || "unknown"}`,
    limits: {
      memory: info.MemoryLimit === true,
      pids: info.PidsLimit === true,
      cpu: info.CpuCfsQuota === true,
    },
    runtimes: Object.keys((info.Runtimes as object | undefined) ?? {}),
    product: text_("OperatingSystem"),
  };
}
