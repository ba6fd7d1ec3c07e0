import type { Inside } from "../../core/model/setup.ts";
import { fieldsOf } from "../../core/plan/fields.ts";
import { isSecretName, looksLikeSecret } from "../../core/plan/secret-shape.ts";
import { printable } from "../../core/wire/printable.ts";
import { guestText, pathOutside } from "./host-paths.ts";
import { holdsSecret, shownName } from "./settings.ts";

export interface JudgedServers {
  readonly servers: Readonly<Record<string, unknown>>;
  readonly leftOut: readonly string[];
  readonly notes: readonly string[];
}

/** Programs that fetch a package before they run it. */
const FETCHERS: Readonly<Record<string, string>> = {
  npx: "npm",
  bunx: "npm",
  pnpx: "npm",
  uvx: "pypi",
  pipx: "pypi",
};

/**
 * The operator's MCP servers (`mcpServers` of ~/.claude.json) that can run in a bottle: a program inside, or a listed
 * host. A variable or header that looks like a secret is taken out; a server that has one in its arguments or address
 * stays out whole. Answers whatever stands in `found`.
 */
export function judgeServers(found: unknown, inside: Inside): JudgedServers {
  const servers: Record<string, unknown> = {};
  const leftOut: string[] = [];
  const notes: string[] = [];
  for (const [name, given] of Object.entries(fieldsOf(found))) {
    const say = (list: string[]) => (why: string) => list.push(`mcp server ${shownName(name)}: ${why}`);
    const server = fieldsOf(given);
    const isRemote = server.type === "http" || server.type === "sse";
    const judge = isRemote ? judgeRemote : judgeProgram;
    const judged = /^[A-Za-z0-9_-]{1,64}$/.test(name)
      ? judge(server, inside, say(leftOut), say(notes))
      : "its name has odd characters";
    if (typeof judged === "string") say(leftOut)(judged);
    else servers[name] = judged;
  }
  return { servers, leftOut, notes };
}

type Say = (why: string) => void;
/** What goes in, or why nothing does. */
type Verdict = Readonly<Record<string, unknown>> | string;
type Server = Readonly<Record<string, unknown>>;

function judgeProgram(server: Server, inside: Inside, leftOut: Say, notes: Say): Verdict {
  const { type, command, args = [], env } = server;
  if (type !== undefined && type !== "stdio")
    return `servers of ${typeof type === "string" ? `type ${shownName(type)}` : "such a type"} are not known`;
  if (typeof command !== "string" || command === "") return "it has no command";
  if (!Array.isArray(args) || !args.every((arg) => typeof arg === "string")) return "its arguments are not texts";
  const argv = [command, ...args].map((word) => guestText(word, inside));
  if (argv.some(looksLikeSecret)) return "its command looks like it holds a secret";
  // `--token abc` and `--token=abc`: whatever the value looks like.
  if (argv.some((word) => /^--?[\w-]+/.test(word) && isSecretName(word.replace(/=.*/s, "").replaceAll("-", "_")))) {
    return "an argument is named like a secret";
  }
  const [program = "", ...rest] = argv;
  const outside = argv.map((word) => pathOutside(word, inside)).find((path) => path !== null);
  if (outside !== undefined) return `it names ${outside}, which is not in the bottle`;
  if (
    program.startsWith("/") &&
    !/^\/(?:usr|bin|sbin)\//.test(program) &&
    !program.startsWith(`${inside.workspace.guest}/`)
  ) {
    return `its program ${printable(program, 120)} is not in the bottle`;
  }
  const fetches = FETCHERS[program.slice(program.lastIndexOf("/") + 1)];
  if (fetches !== undefined) {
    notes(`${program} fetches a package at each start: it needs the rules of ${fetches}, or the package in the bottle`);
  }
  const variables = Object.entries(fieldsOf(env)).filter(([name, value]) => {
    const why = secretIn(name, value);
    if (why !== null) leftOut(`env ${shownName(name)}: ${why}`);
    return why === null;
  });
  return {
    type: "stdio",
    command: program,
    args: rest,
    ...(variables.length === 0 ? {} : { env: Object.fromEntries(variables) }),
  };
}

function judgeRemote(server: Server, inside: Inside, leftOut: Say, notes: Say): Verdict {
  const { type, url, headers } = server;
  const address = typeof url === "string" ? URL.parse(url) : null;
  if (address === null || !/^https?:$/.test(address.protocol)) return "its address is not a URL";
  const port = Number(address.port || (address.protocol === "https:" ? 443 : 80));
  const host = address.hostname;
  if (address.username !== "" || address.password !== "" || holdsSecret([...address.searchParams])) {
    return "its address looks like it holds a secret";
  }
  if ([...address.searchParams.keys()].some(isSecretName) || address.pathname.split("/").some(looksLikeSecret)) {
    return "its address looks like it holds a secret";
  }
  if (!inside.reaches(host, port)) {
    return `${printable(`${host}:${port}`, 120)} is not listed; to allow it: {"host": ${JSON.stringify(host)}} in egress.rules`;
  }
  const kept = Object.entries(fieldsOf(headers)).filter(([name, value]) => {
    const why = secretIn(name.replaceAll("-", "_"), value);
    if (why !== null) leftOut(`header ${shownName(name)}: ${why}; declare a credential for ${host} instead`);
    return why === null;
  });
  if (server.oauth !== undefined || server.headersHelper !== undefined) {
    notes("its login stays out: declare a credential for its host, which the gateway writes");
  }
  return { type, url: address.href, ...(kept.length === 0 ? {} : { headers: Object.fromEntries(kept) }) };
}

function secretIn(name: string, value: unknown): string | null {
  if (typeof value !== "string") return "not text";
  return isSecretName(name) || looksLikeSecret(value) || /cookie|authorization/i.test(name)
    ? "looks like a secret"
    : null;
}
