import type { GateRepository } from "../core/model/git-gate.ts";
import type { Secret } from "../core/model/secret.ts";
import { applyCredential } from "../credentials/scheme.ts";
import { configEnvironment, type Git, gitProgram, gitWith, QUIET, STILL } from "../host/git.ts";
import { gitBySsh, sshProgram } from "./ssh-key.ts";

/** What git in a mirror has besides `STILL`: nothing of this machine's configuration. */
const MIRROR: readonly (readonly [string, string])[] = [
  ["core.attributesFile", "/dev/null"],
  ["core.excludesFile", "/dev/null"],
];

/** Environment of every git in a mirror that talks to nobody. */
export function mirrorEnvironment(
  gitDir: string | null,
  more: readonly (readonly [string, string])[] = [],
): Readonly<Record<string, string>> {
  return {
    ...QUIET,
    HOME: "/nonexistent",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    ...(gitDir === null ? {} : { GIT_DIR: gitDir }),
    ...configEnvironment([...STILL, ...MIRROR, ...more]),
  };
}

export interface UpstreamContact {
  readonly tools: Readonly<Record<string, string>>;
  readonly repository: GateRepository;
  readonly gitDir: string;
  /** File with the one host key that counts, where the repository is reached by ssh. */
  readonly knownHosts: string;
  /** The value that `access` names; null where it names none. */
  readonly secret: Secret | null;
}

export type UpstreamReading =
  /** `who`: URL and credential in full, for nothing but to tell one from another (`seed`); null by ssh: nothing is shared. */
  | { readonly ok: true; readonly git: Git; readonly who: readonly string[] | null }
  /** Never holds the value. */
  | { readonly ok: false; readonly why: string };

/**
 * Git that may talk to the repository's own server and by its own protocol only: no redirect, no helper, no question. A
 * password or token is in the environment of this git (git-config(1), GIT_CONFIG_COUNT), in no argument and in no file.
 * Errors: HOST_UNFIT.
 */
export function upstreamGit({ tools, repository, gitDir, knownHosts, secret }: UpstreamContact): UpstreamReading {
  const { access, caFile } = repository;
  const settings: (readonly [string, string])[] = [
    ["http.followRedirects", "false"],
    ["http.sslVerify", "true"],
    // Nothing for two minutes: it will not come any more.
    ["http.lowSpeedLimit", "1"],
    ["http.lowSpeedTime", "120"],
    ["fetch.recurseSubmodules", "false"],
    ["push.recurseSubmodules", "no"],
    ...(caFile === null ? [] : [["http.sslCAInfo", caFile] as const]),
  ];
  if (access.kind === "basic") {
    const scheme = { kind: "basic", username: access.username } as const;
    const binding = { name: access.secret, scheme, hosts: [], placeholder: "", drops: [] };
    if (secret === null) return { ok: false, why: `${access.secret} has no value` };
    const written = applyCredential(binding, secret, { headers: [], query: null });
    if (!written.ok) return { ok: false, why: written.why };
    for (const [name, value] of written.slots.headers) settings.push(["http.extraHeader", `${name}: ${value}`]);
  }
  const protocol = access.kind === "ssh" ? "ssh" : "https";
  const program = gitProgram(tools);
  // Whoever talks to the server ends with the host process, and does not go on behind the back of the next one.
  const [first, prefix] =
    tools.setpriv === undefined ? [program, []] : [tools.setpriv, ["--pdeathsig", "KILL", "--", program]];
  const git = gitWith(first, prefix, { ...mirrorEnvironment(gitDir, settings), GIT_ALLOW_PROTOCOL: protocol });
  if (access.kind !== "ssh") {
    return { ok: true, git, who: [repository.url, ...settings.map((setting) => setting.join("="))] };
  }
  if (secret === null) return { ok: false, why: `${access.secret} has no value` };
  const { seconds } = repository.limits;
  return { ok: true, git: gitBySsh(git, { program: sshProgram(tools), knownHosts, key: secret, seconds }), who: null };
}
