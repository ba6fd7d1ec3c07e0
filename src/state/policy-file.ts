import { BottleError } from "../core/model/errors.ts";
import type { Policy } from "../core/model/policy.ts";
import { parsePolicy } from "../core/policy/policy-format.ts";
import { readTextFile, writeFileAtomically } from "../host/files.ts";

/** Replaces `policy.json` by this snapshot. Only the bottle's host process writes it (attack row 148). */
export async function writePolicy(path: string, policy: Policy): Promise<void> {
  await writeFileAtomically(path, `${JSON.stringify(policy, null, 2)}\n`);
}

/** The policy that a bottle has or had; null when none was ever written. Errors: STATE_UNUSABLE. */
export async function readPolicy(path: string): Promise<Policy | null> {
  const file = await readTextFile(path, { maxBytes: 16 << 20, followLinks: false });
  if (file.kind === "missing") return null;
  const parsed = file.kind === "text" ? parsePolicy(file.text) : { ok: false as const, problem: file.why };
  if (parsed.ok) return parsed.policy;
  throw new BottleError("STATE_UNUSABLE", `${path} ${parsed.problem}`, {
    hint: "it was written by another version, or changed by hand; the gateway keeps its own copy in memory",
  });
}
