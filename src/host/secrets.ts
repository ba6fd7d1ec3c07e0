import { privateKeyProblem } from "../core/gitgate/private-key.ts";
import type { CredentialCandidate } from "../core/model/agent.ts";
import { BottleError } from "../core/model/errors.ts";
import type { SecretRef, SecretSource } from "../core/model/plan.ts";
import { Secret } from "../core/model/secret.ts";
import { describeSource } from "../core/plan/describe-source.ts";
import { run } from "./exec.ts";
import { readTextFile } from "./files.ts";

type Env = Readonly<Record<string, string | undefined>>;

const MAX_BYTES = 64 << 10;
const COMMAND_MS = 10_000;
const KEY_MEND = "make a key for the bottle alone: ssh-keygen -t ed25519 -N '' -f FILE";

/**
 * The value of a credential, read now. Errors: SECRET_UNRESOLVED, which names the source and never holds what was read
 * or printed. `now` is in ms since the epoch.
 */
export async function readSecret(ref: SecretRef, env: Env, now = Date.now()): Promise<Secret> {
  const value = await readSource(ref.credential, ref.source, env, now);
  // A line break would end the header that it is written into; an empty value would match everywhere when scrubbed.
  const say = (why: string) => unresolved(ref.credential, `${describeSource(ref.source)} ${why}`, mendOf(ref.source));
  if (value.trim() === "") throw say("is empty");
  if (ref.form === "private-key") {
    const problem = privateKeyProblem(value);
    if (problem !== null) throw unresolved(ref.credential, `${describeSource(ref.source)} ${problem}`, KEY_MEND);
  } else if (/[\0\r\n]/.test(value)) throw say("has more than one line");
  return new Secret(ref.credential, value);
}

/** The first candidate whose source is there, without reading what an expired login holds; null: none is. */
export async function firstPresent(
  candidates: readonly CredentialCandidate[],
  env: Env,
): Promise<CredentialCandidate | null> {
  for (const candidate of candidates) {
    if (await isPresent(candidate.source, env)) return candidate;
  }
  return null;
}

async function isPresent(source: SecretSource, env: Env): Promise<boolean> {
  switch (source.kind) {
    case "env":
      return (env[source.variable] ?? "").trim() !== "";
    case "command":
      return true;
    case "file":
      return (await readTextFile(source.path, { maxBytes: MAX_BYTES })).kind !== "missing";
    case "json-file": {
      const file = await readTextFile(source.path);
      // Unreadable counts as present, so that the start says what is wrong instead of taking another account.
      if (file.kind !== "text") return file.kind === "unreadable";
      const value = parseJson(file.text);
      return value === undefined || typeof fieldAt(value, source.field) === "string";
    }
  }
}

async function readSource(name: string, source: SecretSource, env: Env, now: number): Promise<string> {
  switch (source.kind) {
    case "env": {
      const value = env[source.variable];
      if (value === undefined) throw unresolved(name, `${describeSource(source)} is not set`, mendOf(source));
      return value;
    }
    case "file":
      return withoutNewline(await textOf(name, source, MAX_BYTES));
    case "command":
      return withoutNewline(await runCommand(name, source.argv, env));
    case "json-file":
      return readField(name, source, now);
  }
}

type FileSource = SecretSource & { kind: "file" | "json-file" };

async function textOf(name: string, source: FileSource, maxBytes: number): Promise<string> {
  const file = await readTextFile(source.path, { maxBytes });
  if (file.kind === "text") return file.text;
  throw unresolved(
    name,
    `the file ${source.path} ${file.kind === "missing" ? "is missing" : file.why}`,
    mendOf(source),
  );
}

async function readField(name: string, source: SecretSource & { kind: "json-file" }, now: number): Promise<string> {
  const value = parseJson(await textOf(name, source, 1 << 20));
  const secret = fieldAt(value, source.field);
  if (typeof secret !== "string") throw unresolved(name, `${describeSource(source)} is missing`, source.expiredHint);
  if (source.expiryField !== null) {
    const expiry = fieldAt(value, source.expiryField);
    // An expiry that cannot be read counts as passed: a dead token would only fail later and less clearly.
    if (typeof expiry !== "number" || !(expiry > now)) {
      throw unresolved(name, `${describeSource(source)} has expired`, source.expiredHint);
    }
  }
  return secret;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fieldAt(value: unknown, path: readonly string[]): unknown {
  let current: unknown = value;
  for (const key of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as Readonly<Record<string, unknown>>)[key];
  }
  return current;
}

function withoutNewline(text: string): string {
  return text.replace(/\r?\n$/, "");
}

/**
 * Runs the program without a shell, with HOME, PATH and what a keyring needs to be reached and nothing else of our
 * environment, without our terminal. What it prints, on stderr too, is never shown or logged.
 */
async function runCommand(name: string, argv: readonly string[], env: Env): Promise<string> {
  const [program = ""] = argv;
  const failed = (why: string) => unresolved(name, `${program} ${why}`, mendOf({ kind: "command", argv }));
  const result = await run({ argv, env: commandEnv(env) }, { timeoutMs: COMMAND_MS, maxBytes: MAX_BYTES }).catch(() => {
    throw failed("cannot be run");
  });
  if (result.timedOut) throw failed(`did not end within ${COMMAND_MS / 1000} s`);
  if (result.code !== 0) throw failed(`ended with exit code ${result.code}`);
  if (result.truncated) throw failed(`printed more than ${MAX_BYTES} bytes`);
  return result.stdout.toString("utf8");
}

const COMMAND_VARIABLES = [
  "HOME",
  "PATH",
  "USER",
  "LOGNAME",
  "LANG",
  "XDG_RUNTIME_DIR",
  "DBUS_SESSION_BUS_ADDRESS",
  "GNUPGHOME",
  "GPG_TTY",
];

function commandEnv(env: Env): Record<string, string> {
  const kept: Record<string, string> = { PATH: "/usr/local/bin:/usr/bin:/bin" };
  for (const name of COMMAND_VARIABLES) {
    const value = env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

/** What an operator can do about a source without a usable value. */
function mendOf(source: SecretSource): string {
  switch (source.kind) {
    case "env":
      return `export ${source.variable} with the value on one line`;
    case "file":
      return "write the value into it on one line, or name another file in the manifest";
    case "command":
      return "run the command by hand to see what is wrong";
    case "json-file":
      return source.expiredHint;
  }
}

function unresolved(name: string, why: string, hint?: string): BottleError {
  return new BottleError("SECRET_UNRESOLVED", `credential ${name}: ${why}`, hint === undefined ? {} : { hint });
}
