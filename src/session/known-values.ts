import { compileNeedles, NEEDLE_MIN_BYTES } from "../core/leaks/needles.ts";
import { BottleError } from "../core/model/errors.ts";
import type { BottlePlan, SecretRef } from "../core/model/plan.ts";
import { Secret } from "../core/model/secret.ts";
import { describeSource } from "../core/plan/describe-source.ts";
import { readTextFile } from "../host/files.ts";
import { readSecret } from "../host/secrets.ts";

/** More is no list of secrets, and would slow down every request. */
const MAX_BYTES = 64 << 10;
const MAX_LINES = 256;

/**
 * What must not leave besides credentials: values of the bottle's own variables that are marked secret, and the
 * operator's list. To be asked before anything is created. Errors: SECRET_UNRESOLVED, which never holds a value.
 */
export async function knownValues(
  { watched = [], envFromHost, envAsked }: BottlePlan,
  inside: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly Secret[]> {
  const variables = [...envFromHost, ...envAsked]
    .filter(({ secret }) => secret === true)
    .map(({ name }) => new Secret(name, inside[name] ?? ""));
  const listed = await Promise.all(watched.map((ref) => readListed(ref, env)));
  const all = [...variables, ...listed.flat()];
  const compiled = compileNeedles(all.map((value) => ({ name: value.name, value })));
  if (compiled.ok) return all;
  throw new BottleError(
    "SECRET_UNRESOLVED",
    `a value of ${[...new Set(compiled.tooShort)].join(", ")} is shorter than ${NEEDLE_MIN_BYTES} bytes`,
    { hint: "a value that short cannot be told from ordinary text, so it cannot be kept from leaving" },
  );
}

async function readListed(
  ref: SecretRef,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly Secret[]> {
  if (ref.source.kind !== "file") return [await readSecret(ref, env)];
  const unusable = (why: string) =>
    new BottleError("SECRET_UNRESOLVED", `${describeSource(ref.source)} ${why}`, {
      hint: "it is listed in egress.leaks.secrets: one value a line",
    });
  const file = await readTextFile(ref.source.path, { maxBytes: MAX_BYTES });
  if (file.kind === "missing") throw unusable("is missing");
  if (file.kind === "unreadable") throw unusable(file.why);
  const lines = file.text.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (lines.length === 0) throw unusable("is empty");
  if (lines.length > MAX_LINES) throw unusable(`has more than ${MAX_LINES} lines`);
  return lines.map((line) => new Secret(ref.credential, line.trim()));
}
