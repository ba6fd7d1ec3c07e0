import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { GuestFile } from "../core/model/command.ts";
import { BottleError } from "../core/model/errors.ts";
import { orUnwritable } from "../host/files.ts";
import { GUEST } from "./guest.ts";

/** What a backend keeps below the bottle's 0700 run folder. The agent sees `etc` and `guest` read-only, the rest not at all. */
export interface RunFiles {
  readonly etc: string;
  readonly guest: string;
  readonly seccomp: string;
}

export function runFiles(folder: string): RunFiles {
  return { etc: join(folder, "etc"), guest: join(folder, "guest"), seccomp: join(folder, "seccomp") };
}

/** Made up: no account, host name or resolver of the host shows; there is no DNS in a bottle at all. */
const ETC: Readonly<Record<string, string>> = {
  passwd: `root:x:0:0:root:/root:/usr/sbin/nologin\nagent:x:${GUEST.uid}:${GUEST.uid}:agent:${GUEST.home}:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n`,
  group: `root:x:0:\nagent:x:${GUEST.uid}:\nnogroup:x:65534:\n`,
  hosts: "127.0.0.1 localhost bottle\n::1 localhost\n",
  "nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files\nservices: files\nprotocols: files\n",
};

/** Writes them; replaces what an earlier run of the bottle left. Errors: STATE_UNUSABLE. */
export function writeRunFiles(files: RunFiles, seccomp: Uint8Array | string): void {
  orUnwritable(dirname(files.etc), () => {
    removeRunFiles(files);
    for (const folder of [files.etc, files.guest]) mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(ETC)) writeReadable(join(files.etc, name), text, 0o644);
    for (const folder of [files.etc, files.guest]) chmodSync(folder, 0o755);
    writeFileSync(files.seccomp, seccomp, { mode: 0o600 });
  });
}

/** Places session files below /run/bottle. Errors: PROVISION_FAILED for a path elsewhere, STATE_UNUSABLE. */
export function writeGuestFiles(files: RunFiles, list: readonly GuestFile[]): void {
  for (const file of list) {
    const name = relative(GUEST.run, file.path);
    if (name === "" || name.startsWith("..") || name.startsWith("/")) {
      throw new BottleError("PROVISION_FAILED", `${file.path} is not below ${GUEST.run}`);
    }
    const path = join(files.guest, name);
    orUnwritable(files.guest, () => {
      for (let folder = dirname(path); folder !== files.guest; folder = dirname(folder)) {
        mkdirSync(folder, { recursive: true });
        chmodSync(folder, 0o755);
      }
      writeReadable(path, file.content, file.mode);
    });
  }
}

function writeReadable(path: string, content: string | Uint8Array, mode: number): void {
  writeFileSync(path, content);
  chmodSync(path, mode); // whatever the umask
}

/** Never agent-written, so plain removal is right. Idempotent. */
export function removeRunFiles(files: RunFiles): void {
  for (const path of [files.etc, files.guest, files.seccomp]) rmSync(path, { recursive: true, force: true });
}
