import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { SidecarPlace, SidecarProcess } from "../../../src/backends/backend.ts";
import { NODE_FLAGS } from "../node-flags.ts";

const ENTRY = join(import.meta.dirname, "../../../src/sidecar/main.ts");

/** The real sidecar program as a child process of the test, without a container around it. */
export interface LocalPlace extends SidecarPlace {
  /** Every process that was started, the last one at the end. */
  readonly children: ChildProcess[];
  /** What they said on stderr. */
  words(): string;
}

export function openPlace(t: TestContext, services = "egress"): LocalPlace {
  const children: ChildProcess[] = [];
  let words = "";
  t.after(() => {
    for (const child of children) child.kill("SIGKILL");
  });
  return {
    children,
    words: () => words,
    listen: { addresses: ["127.0.0.1"], ports: [0, 0] },
    run: async () => {
      const child = spawn(process.execPath, [...NODE_FLAGS, ENTRY], {
        env: { BOT_BOTTLE_SERVICES: services },
        cwd: "/",
        stdio: ["pipe", "pipe", "pipe"],
      });
      children.push(child);
      let last = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        words += text;
        last = (last + text).slice(-4096);
      });
      const ended: SidecarProcess["ended"] = new Promise((resolve) => {
        child.once("close", (code) => resolve({ code, words: last }));
      });
      return { stdin: child.stdin, stdout: child.stdout, ended, kill: () => void child.kill("SIGKILL") };
    },
  };
}

/** The process that runs now. */
export function presentChild({ children }: LocalPlace): ChildProcess {
  const child = children.at(-1);
  if (child === undefined) throw new Error("no sidecar was started");
  return child;
}
