import { spawn } from "node:child_process";
import { chmodSync, chownSync, copyFileSync, linkSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asEngineUser, asOrdinaryUser, ordinaryUser } from "./needs.ts";
import { NODE_FLAGS } from "./node-flags.ts";

/** What an ordinary user is not asked for; the engine of a test run is root's. */
const NOT_REQUIRED = new Set([
  "root",
  "cgroup",
  "ordinary-user",
  "engine-user",
  "all",
  "docker",
  "docker-images",
  "docker-compose",
  "runsc",
]);

/** What one who may use the engine is asked for all the same. */
const ENGINES_OWN = new Set(["docker", "docker-images"]);

export interface OrdinaryRun {
  readonly code: number | null;
  readonly output: string;
}

/**
 * Runs test files again as an ordinary user, with a Node, a home and a temp folder that this user can reach.
 * `more` is added to their environment. Needs `ordinary-user`; with `engine`, the engine is theirs too, which needs
 * `engine-user`. Everything is removed afterwards.
 */
export async function runAsOrdinaryUser(
  files: readonly string[],
  more: Readonly<Record<string, string>> = {},
  engine = false,
): Promise<OrdinaryRun> {
  const { uid, gid } = ordinaryUser();
  const top = mkdtempSync(join(tmpdir(), "user-"));
  try {
    chmodSync(top, 0o755);
    const node = join(top, "node");
    try {
      linkSync(process.execPath, node);
    } catch {
      copyFileSync(process.execPath, node);
    }
    const home = join(top, "home");
    mkdirSync(home, { mode: 0o700 });
    chownSync(home, uid, gid);
    const env: Record<string, string> = {
      HOME: home,
      TMPDIR: home,
      // Each start would compile all sources again.
      NODE_COMPILE_CACHE: join(home, "compiled"),
      PATH: process.env.PATH ?? "/usr/bin:/bin",
      BOT_BOTTLE_REQUIRE:
        process.env.BOT_BOTTLE_REQUIRE?.split(",")
          .filter((name) => !NOT_REQUIRED.has(name) || (engine && ENGINES_OWN.has(name)))
          .join(",") ?? "",
      ...(engine && process.env.DOCKER_HOST ? { DOCKER_HOST: process.env.DOCKER_HOST } : {}),
      ...more,
    };
    const argv = [
      "/usr/bin/env",
      "-C",
      home,
      ...(engine ? asEngineUser() : asOrdinaryUser()),
      node,
      ...NODE_FLAGS,
      "--test",
      "--test-reporter=spec",
      ...files,
    ];
    const [program = "", ...args] = argv;
    const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    return { code, output };
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}
