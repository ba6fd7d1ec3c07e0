import { BottleError } from "../core/model/errors.ts";
import { denyLine, ruleLine } from "../core/plan/explain.ts";
import type { SessionContext } from "../session/context.ts";
import { livePaths } from "../state/layout.ts";
import { readPolicy } from "../state/policy-file.ts";
import { readRecord } from "../state/records.ts";
import type { PageKind } from "./model.ts";
import { type OwnProgram, runOwn } from "./own-command.ts";
import { heldScreen, transcriptTail } from "./transcript-tail.ts";

const LOG_LINES = 2000;
const PEEK_LINES = 200;

/** The lines of a page about one bottle. What goes wrong is what the page says. */
export async function loadPage(
  kind: PageKind,
  name: string,
  own: OwnProgram,
  context: SessionContext,
): Promise<readonly string[]> {
  try {
    if (kind === "diff" || kind === "why") {
      const { text } = await runOwn(own, [kind, name]);
      return text.split("\n");
    }
    const record = await readRecord(context.layout, name);
    const paths = livePaths(context.layout, record);
    if (kind === "policy") return await policyLines(paths.policy);
    const lines = await transcriptTail(paths.agentLog, LOG_LINES);
    return lines.length === 0 ? ["it has printed nothing"] : lines;
  } catch (error) {
    return [error instanceof BottleError ? error.message : String(error)];
  }
}

/** What an agent shows now: its terminal where one is held, else the end of what it printed. */
export async function peekLines(name: string, context: SessionContext): Promise<readonly string[]> {
  const record = await readRecord(context.layout, name).catch(() => null);
  if (record === null) return [];
  const paths = livePaths(context.layout, record);
  const live = record.terminal === "held" && record.phase === "running";
  const screen = live ? await heldScreen(context.facts.tools.tmux, paths.holder.socket) : null;
  return screen ?? (await transcriptTail(paths.agentLog, PEEK_LINES).catch(() => []));
}

async function policyLines(path: string): Promise<readonly string[]> {
  const policy = await readPolicy(path);
  if (policy === null) return ["no policy was ever in force"];
  const { version, rules, deny, grants = [], credentials, ask } = policy;
  return [
    `version ${version}`,
    "",
    "may reach",
    ...(rules.length === 0 ? ["  nothing"] : rules.map((rule) => `  ${ruleLine(rule)}`)),
    ...(deny.length === 0 ? [] : ["", "may never reach", ...deny.map((rule) => `  ${denyLine(rule)}`)]),
    ...(grants.length === 0 ? [] : ["", "allowed by you", ...grants.map(grantLine)]),
    ...(credentials.length === 0
      ? []
      : ["", "credentials", ...credentials.map(({ name, hosts }) => `  ${name} -> ${hosts.join(", ")}`)]),
    ...(ask === undefined
      ? []
      : ["", ask.unlisted ? "asks you about everything else" : "asks you where a rule says so"]),
  ];
}

function grantLine({
  id,
  method,
  scheme,
  authority,
  path,
  expiresAt,
}: {
  readonly id: string;
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  readonly expiresAt: number | null;
}): string {
  const until = expiresAt === null ? "while it runs" : `until ${new Date(expiresAt).toISOString()}`;
  return `  ${id}  ${method} ${scheme}://${authority}${path}  ${until}`;
}
