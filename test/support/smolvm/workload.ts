import { readFileSync } from "node:fs";
import { has } from "./quirks.ts";
import { type ImageConfig, RuntimeError } from "./store.ts";
import { atLeast } from "./version-order.ts";

/** What of a machine's record counts for its commands. */
export interface Workload {
  readonly config: ImageConfig & {
    readonly Entrypoint?: readonly string[] | null;
    readonly Cmd?: readonly string[] | null;
    readonly WorkingDir?: string;
  };
  readonly env: readonly string[];
  readonly volumes: readonly string[];
  readonly source?: { readonly kind: string };
  readonly workdir?: string | null;
  /** In place of the image's Cmd. */
  readonly workload?: readonly string[];
}

const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Variables of a command: fixed ones, the image's, the record's, and its own; of a name the last counts. */
export function variables(
  version: string,
  workload: Workload,
  home: string | null,
  own: readonly string[],
): readonly string[] {
  const all = [
    PATH,
    "TERM=xterm-256color",
    ...(home === null ? [] : [`HOME=${home}`]),
    ...(workload.config.Env ?? []),
    ...(has(version, "create-env-unseen") ? [] : workload.env),
    ...own,
  ];
  return [...new Map(all.map((text) => [text.slice(0, text.indexOf("=")), text])).values()];
}

/** Where a command starts that does not say: the image's folder counts since 1.3.0. */
export function startFolder(version: string, workload: Workload): string {
  return workload.workdir || (atLeast(version, "1.3.0") && workload.config.WorkingDir) || "/";
}

/** What `-e`, `--secret-env` and `--secret-file` name. A bad `-e` is dropped (src/cli/parsers.rs v0.8.0). Throws. */
export function asked(version: string, lists: ReadonlyMap<string, readonly string[]>, checked: boolean): string[] {
  const given = (lists.get("env") ?? []).flatMap((text) => forwarded(version, text));
  if (checked) for (const text of given) check(text);
  const secrets = (lists.get("secret-env") ?? []).map((text) => {
    const [name, from] = reference(text);
    const value = process.env[from];
    if (value === undefined) throw new RuntimeError(`config operation failed: secret: ${from} is not set`);
    return `${name}=${value}`;
  });
  const files = (lists.get("secret-file") ?? []).map((text) => {
    const [name, path] = reference(text);
    try {
      return `${name}=${readFileSync(path, "utf8")}`;
    } catch {
      throw new RuntimeError(`config operation failed: secret: cannot read ${path}`);
    }
  });
  return [...given, ...secrets, ...files];
}

function reference(text: string): [string, string] {
  const [, name, from] = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]+)$/.exec(text) ?? [];
  if (name === undefined || from === undefined) throw new RuntimeError(`config operation failed: secret: '${text}'`);
  return [name, from];
}

/** An entry without `=` forwards the caller's value since 0.8.1. */
function forwarded(version: string, text: string): string[] {
  if (/^[^=]+=/.test(text)) return [text];
  const value = process.env[text];
  return !has(version, "key-dropped") && value !== undefined && !text.includes("=") ? [`${text}=${value}`] : [];
}

/** validate_env_vars, crates/smolvm-agent/src/oci.rs. */
function check(text: string): void {
  const at = text.indexOf("=");
  const name = text.slice(0, at);
  const why =
    name.length > 256
      ? `key '${name.slice(0, 32)}...' exceeds 256 character limit`
      : !/^[A-Za-z_]\w*$/.test(name)
        ? `key '${name}' contains invalid characters`
        : Buffer.byteLength(text.slice(at + 1)) > 32 * 1024
          ? `'${name}' value exceeds 32768 byte limit`
          : null;
  if (why !== null) throw new RuntimeError(`agent operation failed: exec: environment variable ${why}`);
}
