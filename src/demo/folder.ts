import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isErrno } from "../host/files.ts";

const NAME = /^bot-bottle-demo-(\d+)-/;

/** Longest folder in which a socket's path still fits (sun_path of unix(7), less the longest name in it). */
const LONGEST = 80;

/**
 * A new temp folder for one demo, 0700; first removes those of this user whose demo was killed. Nothing in it was ever
 * writable by an agent.
 */
export function makeDemoFolder(uid: number): string {
  const temp = tmpdir().length <= LONGEST - 40 ? tmpdir() : "/tmp";
  for (const name of readdirSync(temp)) {
    const pid = NAME.exec(name)?.[1];
    const path = join(temp, name);
    if (pid === undefined || alive(Number(pid)) || statSync(path, { throwIfNoEntry: false })?.uid !== uid) continue;
    rmSync(path, { recursive: true, force: true });
  }
  return mkdtempSync(join(temp, `bot-bottle-demo-${process.pid}-`));
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !isErrno(error, "ESRCH");
  }
}
