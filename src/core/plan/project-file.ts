import { ACTION_NAMES } from "../model/dashboard-keys.ts";
import { fieldsOf } from "./fields.ts";

/** Keys from the root of a file; a number is a place in a list. */
export type Keys = readonly (string | number)[];

/**
 * Who may say a key: `any` project's file; only one that the operator `trusted` (`bottle trust`); nobody but the
 * operator (`own`), because the key reaches for this host: its programs, its files, its network, its secrets in plain.
 */
export type Speaker = "any" | "trusted" | "own";

const DENY = { host: "any", port: "any", methods: "any", paths: "any" } as const;

/**
 * The decision on every key of a manifest, for project's files (attack row 141, docs/decisions/0006). What is not listed is
 * `own`: a key of a later schema stays refused until somebody decides, and a test asks for that decision.
 */
export const SPEAKERS: Readonly<Record<string, Speaker>> = {
  $schema: "any",
  agents: "any",
  ...below("agents.<name>", {
    provider: "any",
    prompt: "any",
    "prompt.file": "any",
    skills: "any",
    deny: "any",
    ...below("deny[]", DENY),
    bottle: "trusted",
    args: "trusted",
    command: "own",
    config: "own",
  }),
  bottles: "trusted",
  ...below("bottles.<name>", {
    extends: "trusted",
    backend: "trusted",
    // What lies on this host's engine is the operator's; another runtime or place of the gateway could be a weaker one.
    image: "own",
    runtime: "own",
    placement: "own",
    workspace: "trusted",
    "workspace.mode": "trusted",
    // Ignored files, of which many hold secrets.
    "workspace.include": "own",
    env: "trusted",
    "env.<name>.value": "trusted",
    "env.<name>.expose": "own",
    "env.<name>.secret": "own",
    egress: "trusted",
    "egress.packs": "trusted",
    "egress.deny": "trusted",
    ...below("egress.deny[]", { ...DENY }),
    // It widens: what no rule lists may leave after a yes.
    "egress.default": "trusted",
    "egress.askTimeout": "trusted",
    "egress.rules": "trusted",
    ...below("egress.rules[]", {
      host: "trusted",
      port: "trusted",
      scheme: "trusted",
      mode: "trusted",
      methods: "trusted",
      paths: "trusted",
      credential: "trusted",
      websocket: "trusted",
      maxRequestBytes: "trusted",
      cookies: "trusted",
      ask: "trusted",
      body: "trusted",
      "body.shape": "trusted",
      "body.allowProviderTools": "trusted",
      dial: "own",
      "dial.address": "own",
      "dial.port": "own",
      "dial.unix": "own",
      "dial.ca": "own",
      // Each of these could let more leave than the operator's own file does.
      leaks: "own",
      "leaks.action": "own",
      "leaks.opaque": "own",
    }),
    "egress.leaks": "own",
    ...below("egress.leaks", {
      action: "own",
      opaque: "own",
      level: "own",
      allow: "own",
      ignore: "own",
      secrets: "own",
      "secrets[].env": "own",
      "secrets[].file": "own",
      canary: "own",
    }),
    credentials: "trusted",
    ...below("credentials.<name>", {
      source: "trusted",
      "source.env": "trusted",
      "source.file": "own",
      "source.command": "own",
      hosts: "trusted",
      scheme: "trusted",
      "scheme.basic": "trusted",
      "scheme.basic.username": "trusted",
      "scheme.header": "trusted",
      "scheme.header.name": "trusted",
      "scheme.header.prefix": "trusted",
      "scheme.query": "trusted",
      "scheme.query.parameter": "trusted",
      variable: "trusted",
      placeholder: "trusted",
      drops: "trusted",
    }),
    // It could let more be spent than the operator's own file does.
    budget: "own",
    ...below("budget", { usd: "own", tokens: "own", perDay: "own", warnAt: "own", atLimit: "own" }),
    "budget.perDay.usd": "own",
    "budget.perDay.tokens": "own",
    prices: "own",
    ...below("prices.<name>", {
      input: "own",
      output: "own",
      cacheRead: "own",
      cacheWrite: "own",
      cacheWriteLong: "own",
    }),
    limits: "trusted",
    "limits.memory": "trusted",
    "limits.cpus": "trusted",
    "limits.pids": "trusted",
    "limits.tmp": "trusted",
    git: "trusted",
    "git.name": "trusted",
    "git.email": "trusted",
    "git.identity": "trusted",
    // What is reached with the operator's own keys, and what may be pushed there.
    "git.repos": "own",
    ...below("git.repos.<name>", {
      url: "own",
      credential: "own",
      "credential.source": "own",
      "credential.source.env": "own",
      "credential.source.file": "own",
      "credential.source.command": "own",
      "credential.username": "own",
      ...below("credential.deployKey", {
        token: "own",
        "token.env": "own",
        "token.file": "own",
        "token.command": "own",
        api: "own",
        ca: "own",
      }),
      "credential.deployKey": "own",
      "credential.githubApp": "own",
      ...below("credential.githubApp", {
        app: "own",
        installation: "own",
        key: "own",
        "key.env": "own",
        "key.file": "own",
        "key.command": "own",
        api: "own",
      }),
      key: "own",
      hostKey: "own",
      ca: "own",
      branches: "own",
      tags: "own",
      protect: "own",
      ask: "own",
      secrets: "own",
      limits: "own",
      "limits.pack": "own",
      "limits.refs": "own",
      "limits.seconds": "own",
    }),
    tools: "trusted",
    "tools[].path": "own",
    "tools[].bin": "own",
    supervise: "trusted",
    // What was downloaded here, private parts too.
    caches: "own",
    "caches.go": "own",
  }),
  // A program of this host.
  notify: "own",
  ...below("notify", { command: "own", events: "own", terminal: "own", stallMinutes: "own", diskFree: "own" }),
  // What the operator's own hands do.
  dashboard: "own",
  "dashboard.keys": "own",
  "dashboard.mouse": "own",
  ...below("dashboard.keys", Object.fromEntries(ACTION_NAMES.map((name) => [name, "own" as const]))),
};

function below<S extends Speaker>(prefix: string, keys: Readonly<Record<string, S>>): Readonly<Record<string, S>> {
  return Object.fromEntries(Object.entries(keys).map(([key, speaker]) => [`${prefix}.${key}`, speaker]));
}

/** A position in the table: what may stand below it, and who may say it; a name or place on the way has no speaker. */
interface Position {
  speaker: Speaker | null;
  readonly inner: Map<string, Position>;
}

const ROOT: Position = { speaker: null, inner: new Map() };
for (const [path, speaker] of Object.entries(SPEAKERS)) {
  let at = ROOT;
  for (const part of path.replaceAll("[]", ".[]").split(".")) {
    const next: Position = at.inner.get(part) ?? { speaker: null, inner: new Map() };
    at.inner.set(part, next);
    at = next;
  }
  at.speaker = speaker;
}

/** What a file says beyond what its speaker may. */
export interface ForbiddenKey {
  readonly path: Keys;
  /** Who may say it. */
  readonly speaker: "trusted" | "own";
}

/**
 * All keys of `value` that a project's file may not hold; what lies below such a key is not listed again. Only texts,
 * numbers and the like may stand where the table goes no deeper.
 */
export function forbiddenKeys(value: unknown, trusted: boolean): readonly ForbiddenKey[] {
  return beyond(value, ROOT, [], (speaker) => speaker === "any" || (trusted && speaker === "trusted"));
}

function beyond(
  value: unknown,
  position: Position,
  path: Keys,
  may: (speaker: Speaker) => boolean,
): readonly ForbiddenKey[] {
  if (typeof value !== "object" || value === null) return [];
  const list = Array.isArray(value);
  return Object.entries(value).flatMap(([key, inner]): readonly ForbiddenKey[] => {
    const place = [...path, list ? Number(key) : key];
    const next = list ? position.inner.get("[]") : innerOf(position, key);
    if (next === undefined) {
      // An item of a list of words; anything that holds more is no word.
      return list && (typeof inner !== "object" || inner === null) ? [] : [{ path: place, speaker: "own" }];
    }
    const speaker = next.speaker;
    if (speaker !== null && !may(speaker)) return [{ path: place, speaker: speaker === "any" ? "own" : speaker }];
    return beyond(inner, next, place, may);
  });
}

function innerOf(position: Position, key: string): Position | undefined {
  return (key === "[]" ? undefined : position.inner.get(key)) ?? position.inner.get("<name>");
}

/**
 * Values that no project's file may give: bind is typed by the operator, since through it an agent runs code as them.
 * Paths of what says so.
 */
export function forbiddenValues(value: unknown): readonly Keys[] {
  const bottles = fieldsOf(fieldsOf(value).bottles);
  return Object.entries(bottles).flatMap(([name, bottle]) => {
    const { workspace } = fieldsOf(bottle);
    if (workspace === "bind") return [["bottles", name, "workspace"]];
    return fieldsOf(workspace).mode === "bind" ? [["bottles", name, "workspace", "mode"]] : [];
  });
}
