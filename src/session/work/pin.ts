import { createReadStream } from "node:fs";
import { join } from "node:path";
import { BottleError } from "../../core/model/errors.ts";
import { gitFailure } from "../../host/git.ts";
import type { OwnRepository } from "./own-repository.ts";
import { type Quarantine, range } from "./quarantine.ts";

const IMPORT_MS = 30 * 60_000;

/** The ref that keeps work of a bottle in the operator's repository. */
export function pinName(bottle: string, work: string): string {
  return `refs/bottle/${bottle}/${work.slice(0, 12)}`;
}

/**
 * Brings commits from the quarantine into the operator's repository and keeps them there under a ref of ours, so that
 * nothing that comes later can lose them. They are checked once more on the way in. Errors: GIT_FAILED.
 */
export async function pin(
  own: OwnRepository,
  quarantine: Quarantine,
  tips: readonly string[],
  ref: { readonly name: string; readonly id: string },
): Promise<void> {
  const { git, folder, base } = quarantine;
  const known: string[] = [];
  for (const id of [base.head, own.head]) {
    if (id !== null && (await own.git.attempt(["cat-file", "-e", `${id}^{commit}`])).code === 0) known.push(id);
  }
  const input = `${[...new Set(tips), "--not", ...known].join("\n")}\n`;
  const args = ["pack-objects", "--quiet", "--revs", "--delta-base-offset", join(folder, "export")];
  const hash = await git.line(args, { stdin: Buffer.from(input), timeoutMs: IMPORT_MS });
  if (/^[0-9a-f]{40,64}$/.test(hash)) {
    const stdin = createReadStream(join(folder, `export-${hash}.pack`));
    const taken = await own.git.attempt(["index-pack", "--stdin", "--strict"], { stdin, timeoutMs: IMPORT_MS });
    if (taken.code !== 0) throw gitFailure("index-pack", taken);
  }
  const connected = ["rev-list", "--objects", "--quiet", "--stdin", "--not", "--all"];
  const whole = await own.git.attempt(connected, { stdin: range(tips, []) });
  if (whole.code !== 0) {
    throw new BottleError("GIT_FAILED", "the work is not whole in your repository", {
      hint: "git fsck says what is missing there; bottle diff NAME --patch saves the work as a patch",
    });
  }
  await own.git.run(["update-ref", "-m", "bottle: keep work", ref.name, ref.id]);
}
