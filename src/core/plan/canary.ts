import type { ProvisionFile } from "../model/plan.ts";
import type { Canary } from "../model/policy.ts";
import { GUEST_HOME } from "./guest.ts";
import { deriveBytes } from "./placeholders.ts";

/** A bait, and the file in which it lies. */
export interface PlannedCanary {
  readonly canary: Canary;
  readonly file: ProvisionFile;
}

const KEY_ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/**
 * An AWS key pair that no account knows, in the file that credential thieves read first. Only there: agents print their
 * environment every day and would be stopped by a bait in it. Under a profile that nobody names, so that AWS tools find
 * no credentials, as without the file. Random for each bottle.
 */
export function planCanary(entropy: Uint8Array): PlannedCanary {
  const keyId = [...deriveBytes(entropy, "canary key id", 16)].map((byte) => KEY_ID_ALPHABET[byte % 32]).join("");
  const id = `AKIA${keyId}`;
  const secret = Buffer.from(deriveBytes(entropy, "canary secret key", 30)).toString("base64");
  return {
    canary: { name: "aws-credentials", values: [id, secret] },
    file: {
      path: `${GUEST_HOME}/.aws/credentials`,
      mode: 0o600,
      text: `[backup-admin]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`,
    },
  };
}
