import type { GuestFile } from "../core/model/command.ts";
import { BottleError } from "../core/model/errors.ts";
import type { PlacedFile } from "../core/model/plan.ts";
import type { Secret } from "../core/model/secret.ts";
import { readWithin } from "../host/file-tree.ts";
import { searchFor } from "./secret-search.ts";

/**
 * The files of a plan with their content. What is copied from the host is read again, must be what the plan says it is,
 * and is searched for secrets; texts of the plan were searched with it (`refuseExposedPlan`). To be asked before
 * anything is created. Errors: SOURCE_REFUSED for a file that has changed, SECRET_EXPOSED, which never holds the value.
 */
export async function readPlacedFiles(
  files: readonly PlacedFile[],
  secrets: readonly Secret[],
): Promise<readonly GuestFile[]> {
  const exposed: { readonly host: string; readonly names: readonly string[] }[] = [];
  const placed: GuestFile[] = [];
  for (const file of files) {
    const { path, mode } = file;
    if ("text" in file) {
      placed.push({ path, mode, content: Buffer.from(file.text) });
      continue;
    }
    const { host, bytes, sha256 } = file.source;
    const read = await readWithin(host, host, bytes);
    if (read.kind !== "file" || read.sha256 !== sha256) {
      throw new BottleError("SOURCE_REFUSED", `${host} has changed since the plan was made`, { hint: "start again" });
    }
    const names = secrets.length === 0 ? [] : searchFor(secrets).push(read.content);
    if (names.length > 0) exposed.push({ host, names });
    placed.push({ path, mode, content: read.content });
  }
  if (exposed.length === 0) return placed;
  const names = [...new Set(exposed.flatMap((found) => found.names))];
  throw new BottleError(
    "SECRET_EXPOSED",
    `the value of the credential ${names.join(", ")} stands in ${exposed.map(({ host }) => host).join(", ")}, and would enter the bottle`,
    {
      hint: "take it out of there: the gateway writes the credential into requests, and the bottle holds a placeholder",
    },
  );
}
