import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { ASK_BY_MCP } from "../core/gitgate/gate-texts.ts";
import { readRemoteUrl } from "../core/gitgate/remote-url.ts";
import type { AuditSink } from "../core/model/audit.ts";
import { BottleError } from "../core/model/errors.ts";
import { accessSecret, type GateReason, type GateRepository } from "../core/model/git-gate.ts";
import type { Secret } from "../core/model/secret.ts";
import { type GitRequest, readGitRequest } from "../core/wire/git-request.ts";
import { printable } from "../core/wire/printable.ts";
import { createGitleaks } from "./gitleaks.ts";
import { createHeldPushes, type HeldPushes, type PushDesk } from "./held-pushes.ts";
import { callBackend } from "./http-backend.ts";
import { createMirror, type Mirror } from "./mirror.ts";
import { judgePush, type PushSearch } from "./push.ts";

/** What the git gate of one bottle is made of. */
export interface GitGateStart {
  readonly repositories: readonly GateRepository[];
  /** A folder of ours, made when it is needed, that no agent sees. */
  readonly folder: string;
  /** Folder of what the gates of all bottles share, made when it is needed (`seed`); null: nothing is shared. */
  readonly seeds: string | null;
  readonly tools: Readonly<Record<string, string>>;
  /** Value of a secret that a repository's access names. */
  readonly secret: (name: string) => Secret | Promise<Secret>;
  /** Asked at each push. */
  readonly search: () => PushSearch;
  readonly audit: AuditSink;
  /** A line that the operator should see at once. */
  readonly onAlert: (text: string) => void;
  /** Where pushes that need a yes are shown; null: nobody can be asked. */
  readonly desk: PushDesk | null;
  /** The agent can ask by the MCP server supervise. Absent: it has none. */
  readonly supervised?: boolean;
}

export interface GitGate {
  /** Answers one request below `/git/`. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** Takes the right to answer a push that waits. */
  readonly claim: HeldPushes["claim"];
  /** Takes no more requests and ends what runs. Idempotent. */
  close(): Promise<void>;
}

/** Requests of one bottle that are worked on at a time; others wait. */
const AT_A_TIME = 8;
/** How long a close waits for what it ended. */
const CLOSE_MS = 5000;

/** The git gate of one bottle; makes nothing before it is asked for something. */
export function createGitGate(start: GitGateStart): GitGate {
  const stop = new AbortController();
  const mirrors = new Map<string, Mirror>(
    start.repositories.map((repository) => {
      const name = accessSecret(repository.access);
      const secret = async () => (name === null ? null : start.secret(name));
      const { folder, tools, seeds } = start;
      return [repository.name, createMirror({ repository, folder, tools, secret, seeds, signal: stop.signal })];
    }),
  );
  const { supervised = false } = start;
  const prefix = randomBytes(4).toString("hex");
  const open = new Set<Promise<void>>();
  const held = createHeldPushes(start.desk);
  const places = createPlaces(AT_A_TIME);
  const gitleaks = createGitleaks(start.tools, start.folder, start.onAlert);
  let count = 0;
  const nextId = () => {
    count += 1;
    return `${prefix}-g${count.toString(36)}`;
  };

  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const reading = readGitRequest(incoming.method ?? "", incoming.url ?? "");
    if (reading.kind === "refused") return answer(response, reading.status, reading.why);
    const name = reading.kind === "other" ? reading.repository : reading.request.repository;
    const mirror = mirrors.get(name);
    if (mirror === undefined) return answer(response, 404, "no repository of the gate has this name");
    if (reading.kind === "other") return redirect(response, mirror.repository, reading.rest);
    const { request } = reading;
    const { repository } = mirror;
    if (request.service === "git-receive-pack" && repository.branches.length + repository.tags.length === 0) {
      const how = supervised ? `; ${ASK_BY_MCP}` : "";
      const why = `nothing may be pushed to ${name}: the manifest lists no branches for it`;
      return answer(response, 403, `${why} (request ${nextId()})${how}`);
    }
    if (request.step === "refs") {
      if (!(await refreshed(mirror, request, response))) return;
    } else if (request.service === "git-upload-pack" && !mirror.answered) {
      // git asks for the refs first; what does not could read what the server gives this credential no more.
      return answer(response, 502, `the server of ${name} has not answered: nothing stale is shown; ask for its refs`);
    }
    await call(mirror, request, incoming, response);
  };

  const refreshed = async (mirror: Mirror, request: GitRequest, response: ServerResponse): Promise<boolean> => {
    const { name } = mirror.repository;
    const id = nextId();
    const began = performance.now();
    const write = (verdict: "allow" | "deny", reason: GateReason, detail: string | null) =>
      start.audit.append({
        type: "git",
        id,
        action: "read",
        repository: name,
        verdict,
        reason,
        refs: [],
        detail,
        ms: Math.round(performance.now() - began),
      });
    try {
      await mirror.fresh();
      if (request.service === "git-upload-pack") await write("allow", "read-served", null);
      return true;
    } catch (error) {
      const why = error instanceof BottleError ? error.message : "bot-bottle itself is wrong";
      const said = start.search().redactor.redact(why);
      await write("deny", "upstream-failed", said).catch(() => undefined);
      answer(response, 502, `the server of ${name} could not be asked, and nothing stale is shown: ${said}`);
      return false;
    }
  };

  const call = async (
    mirror: Mirror,
    request: GitRequest,
    incoming: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    await mkdir(start.folder, { recursive: true, mode: 0o700 });
    let judged: Promise<void> = Promise.resolve();
    let over = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      over = resolve;
    });
    const words = await callBackend(incoming, response, {
      tools: start.tools,
      request,
      folder: start.folder,
      hooks: mirror.hooks,
      packBytes: mirror.repository.limits.packBytes,
      onHook: (channel) => {
        // Four bytes ahead of a large push only ask whether one may be sent (http.postBuffer).
        if (incoming.headers["content-length"] === "4") return;
        const { search, tools, audit } = start;
        const write = audit.append.bind(audit);
        const push = {
          id: nextId(),
          mirror,
          tools,
          search,
          gitleaks,
          write,
          channel,
          ended,
          signal: stop.signal,
          held,
          supervised,
        };
        judged = judgePush(push).catch((error: unknown) => {
          // Without an answer the hook refuses.
          channel.destroy();
          throw error;
        });
        judged.catch(() => undefined);
      },
    });
    over();
    await judged;
    if (words.trim() !== "" && request.step === "call") {
      const said = start.search().redactor.redact(printable(words.trim(), 500));
      await start.audit.append({ type: "session", event: "git-said", detail: said }).catch(() => undefined);
    }
  };

  return {
    claim: held.claim,
    handle: (incoming, response) => {
      if (stop.signal.aborted) return answer(response, 503, "the bottle ends");
      const work = places(() => (response.destroyed ? Promise.resolve() : serve(incoming, response)))
        .catch((error: unknown) => {
          start.onAlert(`git gate: ${error instanceof Error ? error.message : "unknown error"}`);
          response.destroy();
        })
        .finally(() => open.delete(work));
      open.add(work);
    },
    close: async () => {
      stop.abort("the bottle ends");
      held.close();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_MS);
      });
      await Promise.race([Promise.allSettled([...open]), late]);
      clearTimeout(timer);
    },
  };
}

function answer(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`git gate: ${printable(text)}\n`);
}

/** Another repository, whose URL only begins in the same way: as if it had never been rewritten. */
function redirect(response: ServerResponse, { url }: GateRepository, rest: string): void {
  const reading = readRemoteUrl(url);
  if (!reading.ok) throw new BottleError("INVARIANT", `not a URL: ${url}`);
  const { host, port, path, transport } = reading.remote;
  const authority = transport === "https" && port !== null ? `${host}:${port}` : host;
  response.writeHead(302, { location: `https://${authority}/${path}${rest}` }).end();
}

/** Runs so many at a time, the others in the order in which they came. */
function createPlaces(free: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let left = free;
  return async (work) => {
    if (left === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else left -= 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) left += 1;
      else next();
    }
  };
}
