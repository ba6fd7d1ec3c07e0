import { BottleError } from "../../core/model/errors.ts";
import type { ForgeMint } from "../../core/model/git-gate.ts";
import type { CredentialScheme } from "../../core/model/policy.ts";
import type { Secret } from "../../core/model/secret.ts";
import { printable } from "../../core/wire/printable.ts";
import { applyCredential } from "../../credentials/scheme.ts";
import { callJson, type JsonCall } from "../../host/https-json.ts";

/** How a forge is asked: who asks, and how long that may take. */
export interface ForgeLogin {
  readonly mint: Pick<ForgeMint, "api" | "caFile">;
  readonly scheme: CredentialScheme;
  readonly secret: Secret;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ForgeAnswer {
  readonly status: number;
  readonly body: unknown;
  /** What the forge said about it, on one line and without our secret. */
  readonly said: string;
}

/**
 * Asks the forge's API for one thing. Errors: FORGE_FAILED when nothing that can be read came back, and it is not known what
 * the forge did. It never holds the secret.
 */
export async function askForge(
  { mint, scheme, secret, headers, timeoutMs, signal }: ForgeLogin,
  call: Pick<JsonCall, "method" | "body"> & { readonly path: string },
): Promise<ForgeAnswer> {
  const binding = { name: secret.name, scheme, hosts: [], placeholder: "", drops: [] };
  const written = applyCredential(binding, secret, { headers: [], query: null });
  const what = `${call.method} ${mint.api}${call.path.replace(/\?.*/s, "")}`;
  if (!written.ok) throw failed(what, written.why);
  const login = Object.fromEntries(written.slots.headers);
  const answer = await callJson({
    ...call,
    url: `${mint.api}${call.path}`,
    headers: { ...headers, "user-agent": "bot-bottle", ...login },
    caFile: mint.caFile,
    timeoutMs,
    ...(signal === undefined ? {} : { signal }),
  });
  if (!answer.ok) throw failed(what, answer.why);
  const message = (answer.body as { message?: unknown } | null)?.message;
  // A server may echo what it was shown.
  const shown = Object.values(login).flatMap((value) => [value, value.replace(/^\S+ /, "")]);
  const plain = shown.reduce((text, value) => text.replaceAll(value, "[secret]"), String(message ?? ""));
  return { ...answer, said: typeof message === "string" ? printable(plain, 200) : "" };
}

/** What is wrong with an answer, as an error. */
export function refused(what: string, { status, said }: Pick<ForgeAnswer, "status" | "said">): BottleError {
  return failed(what, `answered ${status}${said === "" ? "" : `: ${said}`}`, { status });
}

/** True where the forge said that it did nothing, rather than that something went wrong (RFC 9110, 15.5). */
export function isRefusal(error: unknown): boolean {
  const status = error instanceof BottleError ? error.facts?.status : undefined;
  return typeof status === "number" && status >= 400 && status < 500;
}

/** FORGE_FAILED. */
export function failed(what: string, why: string, facts: Readonly<Record<string, unknown>> = {}): BottleError {
  return new BottleError("FORGE_FAILED", `${what}: ${why}`, {
    hint: "is the credential of git.repos in the manifest right, and is the forge there?",
    facts,
  });
}
