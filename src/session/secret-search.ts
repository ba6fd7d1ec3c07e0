import { compileNeedles, createDetector, type Detector } from "../core/leaks/needles.ts";
import { BottleError } from "../core/model/errors.ts";
import type { Secret } from "../core/model/secret.ts";

/** Looks for these secrets, in all their encoded forms, in one stream. Errors: SECRET_UNRESOLVED for a value too short to search for. */
export function searchFor(secrets: readonly Secret[]): Detector {
  const compiled = compileNeedles(secrets.map((secret) => ({ name: secret.name, value: secret })));
  if (!compiled.ok) {
    throw new BottleError("SECRET_UNRESOLVED", `the value of ${compiled.tooShort.join(", ")} is shorter than 8 bytes`, {
      hint: "a value that short cannot be kept from leaving; is the source right?",
    });
  }
  return createDetector(compiled.set);
}
