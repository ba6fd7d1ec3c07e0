import { findSshPrograms, makeSshKey as makeKey, openSshServer, type SshServer } from "../../src/demo/ssh-server.ts";
import { programPath } from "./needs.ts";

/** A real sshd(8) on loopback that tells what it saw, and can misbehave. Needs `sshd`. */
export interface SshOrigin extends SshServer {
  /** Connections so far. */
  readonly seen: () => number;
  /** What sshd said. */
  readonly log: () => string;
  /** `hang`: it takes connections and says nothing; `other`: it shows another host key. */
  become(what: "host" | "hang" | "other"): void;
}

/** Makes a key pair in a file; answers its public half, without a comment. */
export const makeSshKey = (file: string, type?: string, passphrase?: string): Promise<string> =>
  makeKey(programPath("ssh-keygen") ?? "", file, type, passphrase);

export async function openSshOrigin(folder: string, keyType = "ed25519"): Promise<SshOrigin> {
  const programs = findSshPrograms();
  if (programs === null) throw new Error("no sshd here");
  let seen = 0;
  let log = "";
  let mode: Parameters<SshOrigin["become"]>[0] = "host";
  const server = await openSshServer({
    folder,
    programs,
    keyType,
    others: ["other"],
    choose: () => {
      seen += 1;
      return mode === "hang" ? null : mode;
    },
    onLog: (text) => {
      log += text;
    },
  });
  return {
    ...server,
    seen: () => seen,
    log: () => log,
    become: (what) => {
      mode = what;
    },
  };
}
