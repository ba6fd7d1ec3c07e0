import { readFileSync } from "node:fs";

/** The file `name` of a process below /proc (proc(5)), its NULs as they are; empty when the process has ended meanwhile. */
export function processFile(pid: number | string, name: "cmdline" | "status" | "environ" | "stat"): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "latin1");
  } catch {
    return "";
  }
}
