import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { run } from "../host/exec.ts";
import { findTool } from "../host/facts.ts";

/** The key that a server shows, when nobody chooses another. */
const HOST = "host";
const KEYGEN_MS = 20_000;

/** A real sshd(8) on loopback that lets one key in, as the user of this process. */
export interface SshServer {
  readonly port: number;
  /** Type and key, as in known_hosts. */
  readonly hostKey: string;
  /** File of the private key that is let in. */
  readonly key: string;
  /** The file with its public half, which is read for each connection. */
  readonly authorized: string;
  close(): Promise<void>;
}

export interface SshServerOptions {
  /** Keys and settings lie here; made if it is missing. */
  readonly folder: string;
  readonly programs: SshPrograms;
  /** Type of the key that is let in. Default: ed25519. */
  readonly keyType?: string;
  /** Host keys beside `host`, each with a name of its own. */
  readonly others?: readonly string[];
  /** Name of the host key for a connection; null: it is not answered, and stays open. Default: `host` for all. */
  readonly choose?: (socket: Socket) => string | null;
  readonly onLog?: (text: string) => void;
}

export interface SshPrograms {
  readonly sshd: string;
  readonly "ssh-keygen": string;
  readonly unshare: string;
}

/** null: this machine cannot be an ssh server. */
export function findSshPrograms(): SshPrograms | null {
  const [sshd, keygen, unshare] = [findTool("sshd"), findTool("ssh-keygen"), findTool("unshare")];
  return sshd === null || keygen === null || unshare === null ? null : { sshd, "ssh-keygen": keygen, unshare };
}

/** Makes a key pair in a file; answers its public half, without a comment. */
export async function makeSshKey(program: string, file: string, type = "ed25519", passphrase = ""): Promise<string> {
  const argv = [program, "-q", "-t", type, "-N", passphrase, "-C", "", "-f", file];
  const { code, stderr } = await run({ argv, env: {} }, { timeoutMs: KEYGEN_MS });
  if (code !== 0) throw new Error(`${program}: ${stderr.toString("utf8").trim()}`);
  return readFileSync(`${file}.pub`, "utf8").trim();
}

/** Each connection gets an sshd of its own, as from inetd(8): so there is no port to guess, and nothing runs between. */
export async function openSshServer(options: SshServerOptions): Promise<SshServer> {
  const { folder, programs, choose, onLog } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const key = join(folder, "key");
  const authorized = join(folder, "authorized");
  const line = await makeSshKey(programs["ssh-keygen"], key, options.keyType);
  writeFileSync(authorized, `restrict ${line}\n`, { mode: 0o600 });
  const hostKeys = new Map<string, string>();
  for (const name of [HOST, ...(options.others ?? [])]) {
    hostKeys.set(name, await makeSshKey(programs["ssh-keygen"], join(folder, name)));
    writeFileSync(join(folder, `${name}.conf`), settings(folder, name));
  }
  const children = new Set<ChildProcess>();
  const unanswered = new Set<Socket>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on("error", () => undefined);
    const name = choose === undefined ? HOST : choose(socket);
    if (name === null) return void unanswered.add(socket);
    const [program = "", ...words] = command(programs, join(folder, `${name}.conf`));
    const child = spawn(program, words, {
      env: { PATH: process.env.PATH ?? "", HOME: folder },
      stdio: [socket, socket, "pipe"],
    });
    children.add(child);
    child.stderr.on("data", (piece) => onLog?.(String(piece)));
    child.once("error", () => socket.destroy());
    child.once("close", () => children.delete(child));
    child.once("spawn", () => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    hostKey: hostKeys.get(HOST) ?? "",
    key,
    authorized,
    close: async () => {
      for (const socket of unanswered) socket.destroy();
      const gone = [...children].map((child) => new Promise((resolve) => child.once("close", resolve)));
      for (const child of children) child.kill("SIGTERM");
      await Promise.all(gone);
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** sshd_config(5): the one key, and nothing of this machine's own settings. */
function settings(folder: string, hostKey: string): string {
  return [
    `HostKey ${join(folder, hostKey)}`,
    `AuthorizedKeysFile ${join(folder, "authorized")}`,
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "PermitUserRC no",
    "PrintMotd no",
    "PidFile none",
    "Banner none",
    "SetEnv GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1",
  ]
    .map((line) => `${line}\n`)
    .join("");
}

/** As root sshd wants a folder in /run that only a service makes: it gets a /run of its own then. */
function command({ sshd, unshare }: SshPrograms, config: string): readonly string[] {
  const words = [sshd, "-i", "-e", "-f", config];
  if (process.getuid?.() !== 0 || existsSync("/run/sshd")) return words;
  const own = 'mount -t tmpfs -o size=64k,mode=0755 tmpfs /run && mkdir -m 0755 /run/sshd && exec "$@"';
  return [unshare, "--mount", "/bin/sh", "-c", own, "sh", ...words];
}
