import { sshComplaint } from "../core/gitgate/ssh-words.ts";
import { BottleError } from "../core/model/errors.ts";
import type { Secret } from "../core/model/secret.ts";
import { shellWord } from "../core/wire/shell-words.ts";
import { type Git, gitOf } from "../host/git.ts";
import { withUnnamedFile } from "../host/unnamed-file.ts";

/** How a server is reached by ssh. */
export interface SshContact {
  /** Absolute path of ssh(1). */
  readonly program: string;
  /** File with the one host key that counts. */
  readonly knownHosts: string;
  readonly key: Secret;
  /** The server has so long for the handshake, at the most. */
  readonly seconds: number;
}

/** Time for the handshake, in seconds: until then nothing says that anybody is there. */
const CONNECT_SECONDS = 20;

/**
 * `git` that may talk by ssh, with this key and no other. The key is in no argument, no environment and no folder: each
 * call has a file of its own for it, in memory and without a name, while it runs. What ssh says comes first in stderr.
 */
export function gitBySsh(git: Git, contact: SshContact): Git {
  const text = `${contact.key.reveal().replaceAll("\r", "").trimEnd()}\n`;
  return gitOf((args, options = {}) =>
    withUnnamedFile(text, async (keyFile) => {
      const env = { ...options.env, GIT_SSH_COMMAND: sshCommand(keyFile, contact), GIT_SSH_VARIANT: "ssh" };
      const result = await git.attempt(args, { ...options, env });
      const why = result.code === 0 ? null : sshComplaint(result.stderr.toString("utf8"));
      return why === null
        ? result
        : { ...result, stderr: Buffer.concat([Buffer.from(`fatal: ${why}\n`), result.stderr]) };
    }),
  );
}

/** The host's own ssh. Errors: HOST_UNFIT. */
export function sshProgram(tools: Readonly<Record<string, string>>): string {
  if (tools.ssh !== undefined) return tools.ssh;
  throw new BottleError("HOST_UNFIT", "ssh is not installed", {
    hint: "install the OpenSSH client from your distribution",
  });
}

/** ssh(1) without the operator's configuration, agent, other keys or questions; only the pinned host key counts. */
function sshCommand(keyFile: string, { program, knownHosts, seconds }: SshContact): string {
  const options = {
    BatchMode: "yes",
    PreferredAuthentications: "publickey",
    IdentitiesOnly: "yes",
    IdentityAgent: "none",
    AddKeysToAgent: "no",
    ForwardAgent: "no",
    ForwardX11: "no",
    ClearAllForwardings: "yes",
    PermitLocalCommand: "no",
    ControlMaster: "no",
    ControlPath: "none",
    StrictHostKeyChecking: "yes",
    UpdateHostKeys: "no",
    VerifyHostKeyDNS: "no",
    UserKnownHostsFile: `"${knownHosts}"`,
    GlobalKnownHostsFile: "/dev/null",
    // Neither the server's greeting nor hints: what is left is a complaint.
    LogLevel: "ERROR",
    ConnectTimeout: String(Math.min(CONNECT_SECONDS, seconds)),
    ConnectionAttempts: "1",
    ServerAliveInterval: "20",
    ServerAliveCountMax: "3",
  };
  const words = [program, "-F", "/dev/null", "-i", keyFile, "-T"];
  for (const [name, value] of Object.entries(options)) words.push("-o", `${name}=${value}`);
  return words.map(shellWord).join(" ");
}
