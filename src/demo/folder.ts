import { lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isErrno } from "../host/files.ts";

const NAME = /^bot-bottle-demo-(\d+)-/;

/** Longest folder in which a socket's path still fits (sun_path of unix(7), less the longest name in it). */
const LONGEST = 80;

/** Where demos make their folders. */
function temp(): string {
  return tmpdir().length <= LONGEST - 40 ? tmpdir() : "/tmp";
}

/** A new temp folder for one demo, 0700; first removes those of this user whose demo was killed. */
export function makeDemoFolder(uid: number): string {
  for (const path of deadDemoFolders(uid)) removeDemoFolder(path);
  return mkdtempSync(join(temp(), `bot-bottle-demo-${process.pid}-`));
}

/** Folders of this user whose demo was killed. */
export function deadDemoFolders(uid: number): readonly string[] {
  return readdirSync(temp()).flatMap((name) => {
    const pid = NAME.exec(name)?.[1];
    const path = join(temp(), name);
    if (pid === undefined || alive(Number(pid)) || lstatSync(path, { throwIfNoEntry: false })?.uid !== uid) return [];
    return [path];
  });
}

/** Nothing in it was ever writable by an agent, so plain removal is right. */
export function removeDemoFolder(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !isErrno(error, "ESRCH");
  }
}
