import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where `scripts/test-newer-git` puts it. */
function newerGitFolder(): string {
  const cache = process.env.XDG_CACHE_HOME || join(process.env.HOME || "/nonexistent", ".cache");
  return join(cache, "bot-bottle/newer-git/trixie");
}

/** Writes a program that runs the newer git as if it were installed, on the files of the temp folder. Need `newer-git`. */
export function newerGit(folder: string): string {
  const path = join(folder, "newer-git");
  const usr = join(newerGitFolder(), "usr");
  const links = ["lib64", "lib", "bin"].map((name) => `--symlink usr/${name} /${name}`).join(" ");
  const rest = `--ro-bind /etc /etc --dev /dev --proc /proc --bind ${tmpdir()} ${tmpdir()}`;
  writeFileSync(path, `#!/bin/sh\nexec bwrap --ro-bind ${usr} /usr ${links} ${rest} --chdir "$PWD" git "$@"\n`, {
    mode: 0o755,
  });
  return path;
}

/** Why there is none that runs, or null. */
export function newerGitProblem(): string | null {
  const usr = join(newerGitFolder(), "usr");
  if (!existsSync(join(usr, "bin/git"))) return "no newer git is unpacked (as root: scripts/test-newer-git)";
  const links = ["lib64", "lib", "bin"].flatMap((name) => ["--symlink", `usr/${name}`, `/${name}`]);
  const run = spawnSync("bwrap", ["--ro-bind", usr, "/usr", ...links, "--dev", "/dev", "git", "--version"], {
    timeout: 20_000,
  });
  return run.status === 0 ? null : "the newer git does not run with bubblewrap";
}
