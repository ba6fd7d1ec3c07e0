import type { Policy } from "../core/model/policy.ts";
import { writeFileAtomically } from "../host/files.ts";

/** Replaces `policy.json` by this snapshot. Only the bottle's host process writes it (attack row 148). */
export async function writePolicy(path: string, policy: Policy): Promise<void> {
  await writeFileAtomically(path, `${JSON.stringify(policy, null, 2)}\n`);
}
