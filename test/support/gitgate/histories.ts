import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A bare repository as the gate's mirror of a server that has one commit, and histories that are new to it. */
export interface Histories {
  readonly folder: string;
  /** The one commit. */
  readonly base: string;
  git(input: Buffer | string, ...args: string[]): string;
  /** Tips of what a fast-import stream made, by ref; they are no refs any more, so that they are new to the mirror. */
  tips(stream: Buffer): Map<string, string>;
  close(): void;
}

export function openHistories(): Histories {
  const folder = mkdtempSync(join(tmpdir(), "planted-"));
  const git = (input: Buffer | string, ...args: string[]) => {
    const env = { PATH: process.env.PATH ?? "", GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
    const done = spawnSync("git", ["-C", folder, ...args], { env, input, maxBuffer: 1 << 28 });
    if (done.status !== 0) throw new Error(`git ${args.join(" ")}: ${done.stderr}`);
    return done.stdout.toString().trim();
  };
  git("", "init", "-q", "--bare", "-b", "main");
  git(
    "commit refs/heads/main\ncommitter C <c@c.test> 1600000000 +0000\ndata 5\nfirst\nM 644 inline README\ndata 2\nx\n\n",
    "fast-import",
    "--quiet",
  );
  return {
    folder,
    base: git("", "rev-parse", "main"),
    git,
    tips: (stream) => {
      git(stream, "fast-import", "--quiet", "--force");
      const refs = git("", "for-each-ref", "--format=%(refname) %(objectname)").split("\n");
      const found = new Map<string, string>();
      let remove = "";
      for (const [ref = "", id = ""] of refs.map((line) => line.split(" "))) {
        if (ref === "refs/heads/main") continue;
        found.set(ref, id);
        remove += `delete ${ref}\n`;
      }
      git(remove, "update-ref", "--stdin");
      return found;
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
