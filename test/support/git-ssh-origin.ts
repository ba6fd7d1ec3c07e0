import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { programPath } from "./needs.ts";

/** A real sshd(8) on loopback that lets one key in, as the user who runs the tests. Needs `sshd`. */
export interface SshOrigin {
  readonly port: number;
  /** Type and key, as in known_hosts. */
  readonly hostKey: string;
  /** File of the private key that is let in. */
  readonly key: string;
  /** Connections so far. */
  readonly seen: () => number;
  /** What sshd said. */
  readonly log: () => string;
  /** `hang`: it takes connections and says nothing; `key`: it shows another host key. */
  become(what: "itself" | "hang" | "key"): void;
  close(): Promise<void>;
}

/** Makes a key pair in a file; its public half without a comment. */
export function makeSshKey(file: string, type = "ed25519", passphrase = ""): string {
  const done = spawnSync("ssh-keygen", ["-q", "-t", type, "-N", passphrase, "-C", "", "-f", file], {
    encoding: "utf8",
  });
  if (done.status !== 0) throw new Error(`ssh-keygen: ${done.stderr}`);
  return readFileSync(`${file}.pub`, "utf8").trim();
}

/** Each connection gets an sshd of its own, as from inetd(8): so there is no port to guess, and nothing runs between. */
export async function openSshOrigin(folder: string, keyType = "ed25519"): Promise<SshOrigin> {
  mkdirSync(folder, { recursive: true });
  const key = join(folder, "key");
  const authorized = makeSshKey(key, keyType);
  writeFileSync(join(folder, "authorized"), `restrict ${authorized}\n`, { mode: 0o600 });
  const hostKey = makeSshKey(join(folder, "host"));
  makeSshKey(join(folder, "other"));
  const config = (host: string) => {
    const path = join(folder, `${host}.conf`);
    const lines = [
      `HostKey ${join(folder, host)}`,
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
    ];
    writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
    return path;
  };
  const configs = { itself: config("host"), key: config("other") };
  const program = programPath("sshd") ?? "sshd";
  // Started by root it wants a folder in /run, which only a service makes.
  const own = 'mount -t tmpfs -o size=64k,mode=0755 tmpfs /run && mkdir -m 0755 /run/sshd && exec "$@"';
  const [first = "", ...prefix] =
    process.getuid?.() === 0 ? ["unshare", "--mount", "sh", "-c", own, "sh", program] : [program];
  const children = new Set<ChildProcess>();
  const sockets = new Set<Socket>();
  let seen = 0;
  let log = "";
  let mode: Parameters<SshOrigin["become"]>[0] = "itself";
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    seen += 1;
    socket.on("error", () => undefined);
    if (mode === "hang") return void sockets.add(socket);
    const child = spawn(first, [...prefix, "-i", "-e", "-f", configs[mode]], {
      env: { PATH: process.env.PATH ?? "", HOME: folder },
      stdio: [socket, socket, "pipe"],
    });
    children.add(child);
    child.stderr.on("data", (piece) => (log += String(piece)));
    child.once("close", () => children.delete(child));
    child.once("spawn", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    hostKey,
    key,
    seen: () => seen,
    log: () => log,
    become: (what) => {
      mode = what;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      const gone = [...children].map((child) => new Promise((resolve) => child.once("close", resolve)));
      for (const child of children) child.kill("SIGTERM");
      await Promise.all(gone);
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}
