import type { GuestFile } from "../model/command.ts";

/** What the bottle's own read-only folder (/run/bottle) holds. */
export interface RunFilesInput {
  /** Path of the folder inside. */
  readonly folder: string;
  /** The whole environment of every process of the bottle. */
  readonly env: Readonly<Record<string, string>>;
  /** Certificate of the bottle's own authority. */
  readonly caPem: string;
  /** The host's root certificates, so that a spliced connection can be verified too. */
  readonly hostRootsPem: string;
}

/** A word that a POSIX shell reads back as exactly `text` (POSIX.1-2024, 2.2.2). */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** True for a name that a shell and every agent take as an environment variable. */
export function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/**
 * `env`, `exec`, `ca.pem` and `ca-bundle.pem`. `exec CWD ARGV...` is the one way in which a command starts inside, so
 * that the agent, an exec and an attach all see the same environment, and none of it is ever on a command line.
 */
export function runFiles(input: RunFilesInput): readonly GuestFile[] {
  const lines = Object.entries(input.env)
    .filter(([name]) => isVariableName(name))
    .map(([name, value]) => `export ${name}=${shellWord(value)}\n`);
  const exec = `#!/bin/sh
. ${input.folder}/env
cd -- "$1" || exit 126
shift
exec "$@"
`;
  const encoder = new TextEncoder();
  const file = (name: string, text: string, mode: number): GuestFile => ({
    path: `${input.folder}/${name}`,
    content: encoder.encode(text),
    mode,
  });
  return [
    file("env", lines.join(""), 0o644),
    file("exec", exec, 0o755),
    file("ca.pem", input.caPem, 0o644),
    file("ca-bundle.pem", `${input.hostRootsPem}\n${input.caPem}`, 0o644),
  ];
}

/** The variables through which programs find the gateway and trust its certificates. Both spellings: curl ignores HTTP_PROXY. */
export function gatewayEnv(proxyUrl: string, folder: string): Readonly<Record<string, string>> {
  const bundle = `${folder}/ca-bundle.pem`;
  return {
    HTTPS_PROXY: proxyUrl,
    https_proxy: proxyUrl,
    HTTP_PROXY: proxyUrl,
    http_proxy: proxyUrl,
    NO_PROXY: "127.0.0.1,localhost",
    no_proxy: "127.0.0.1,localhost",
    NODE_EXTRA_CA_CERTS: `${folder}/ca.pem`,
    NODE_USE_ENV_PROXY: "1",
    SSL_CERT_FILE: bundle,
    CURL_CA_BUNDLE: bundle,
    REQUESTS_CA_BUNDLE: bundle,
    GIT_SSL_CAINFO: bundle,
    CARGO_HTTP_CAINFO: bundle,
    PIP_CERT: bundle,
    DENO_CERT: `${folder}/ca.pem`,
    AWS_CA_BUNDLE: bundle,
  };
}

/** Variables of the operator's terminal that programs inside should know: colours, key encodings, emoji width. */
const TERMINAL_VARIABLES = [
  "TERM",
  "COLORTERM",
  "TERM_PROGRAM",
  "TERM_PROGRAM_VERSION",
  "LC_TERMINAL",
  "LANG",
  "LC_ALL",
  "LC_CTYPE",
  "TZ",
];

/** The variables that every process expects, whatever the agent; `host` is the operator's environment. */
export function baseEnv(
  guest: { readonly home: string },
  host: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const terminal = TERMINAL_VARIABLES.flatMap((name) => {
    const value = host[name];
    return value !== undefined && /^[\x20-\x7e]{1,100}$/.test(value) ? [[name, value] as const] : [];
  });
  return {
    LANG: "C.UTF-8",
    ...Object.fromEntries(terminal),
    HOME: guest.home,
    USER: "agent",
    LOGNAME: "agent",
    SHELL: "/bin/bash",
    PATH: `${guest.home}/.local/bin:/opt/agent:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin`,
  };
}
