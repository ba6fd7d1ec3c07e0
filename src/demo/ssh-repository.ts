import { writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import type { GitRepositoryDefinition } from "../core/model/definition.ts";
import { run } from "../host/exec.ts";
import { findSshPrograms, openSshServer, type SshServer } from "./ssh-server.ts";

const ASK_MS = 10_000;

/** The demo's repository behind ssh, where this machine can be a server of it. */
export type SshRepository =
  | { readonly repository: GitRepositoryDefinition; close(): Promise<void> }
  | { readonly repository: null; readonly why: string };

/**
 * Serves the repository `bare` by sshd(8), if there is one that lets a key of its own in: not every account may log in.
 * What it is tried with is the machine's own ssh, without the gate.
 */
export async function openSshRepository(
  folder: string,
  tools: Readonly<Record<string, string>>,
  bare: string,
): Promise<SshRepository> {
  const programs = findSshPrograms();
  if (programs === null || tools.ssh === undefined) return { repository: null, why: "no sshd is installed" };
  const place = join(folder, "sshd");
  const server = await openSshServer({ folder: place, programs });
  const { username } = userInfo();
  if (!(await letsIn(server, tools.ssh, place, username))) {
    await server.close();
    return { repository: null, why: `sshd does not let ${username} in` };
  }
  const { port, key, hostKey, close } = server;
  const url = `ssh://${username}@localhost:${port}${bare}`;
  return { repository: { url, key, hostKey, branches: ["agent/*"] }, close };
}

async function letsIn(server: SshServer, ssh: string, folder: string, username: string): Promise<boolean> {
  const known = join(folder, "known_hosts");
  writeFileSync(known, `[localhost]:${server.port} ${server.hostKey}\n`);
  const options = [
    ...["BatchMode=yes", "IdentitiesOnly=yes", "IdentityAgent=none", "StrictHostKeyChecking=yes"],
    ...[`UserKnownHostsFile="${known}"`, "GlobalKnownHostsFile=/dev/null"],
  ].flatMap((option) => ["-o", option]);
  const to = ["-p", String(server.port), "--", `${username}@localhost`, "git", "--version"];
  const argv = [ssh, "-F", "/dev/null", "-T", "-i", server.key, ...options, ...to];
  const { code, stdout } = await run({ argv, env: { HOME: folder, PATH: "/usr/bin:/bin" } }, { timeoutMs: ASK_MS });
  return code === 0 && stdout.toString("utf8").startsWith("git version ");
}
