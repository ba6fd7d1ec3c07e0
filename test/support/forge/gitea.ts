import type { IncomingMessage, ServerResponse } from "node:http";
import { type Origin, openOrigin } from "../gateway/origin.ts";

/** A deploy key as the stand-in keeps it. */
export interface DeployKey {
  readonly id: number;
  readonly title: string;
  readonly key: string;
  readonly read_only: boolean;
}

/** What goes wrong with one request; `after`: it was done, and the answer says that it failed. */
export type Mishap = "before" | "after" | "hang" | "redirect" | "huge" | "echo" | null;

export interface GiteaStandIn {
  /** Root of its API. */
  readonly api: string;
  readonly keys: readonly DeployKey[];
  /** Asked before each request. */
  mishap: (method: string) => Mishap;
  /** Called after each change of the keys. */
  changed: () => void;
  /** `METHOD URL` and how it was answered. */
  readonly seen: readonly string[];
  /** Puts a key of somebody else's there. */
  add(title: string): void;
  close(): Promise<void>;
}

const PAGE_MAX = 50;

/**
 * A stand-in for the API of Gitea on loopback, over TLS, with one repository `o/r`; strict about what is documented
 * (routers/api/v1/repo/key.go, modules/structs/repo_key.go): paths, login, content type, fields, unique titles and keys, pages.
 */
export async function openGitea(token: string): Promise<GiteaStandIn> {
  const keys: DeployKey[] = [];
  const seen: string[] = [];
  let next = 1;
  const state: Pick<GiteaStandIn, "mishap" | "changed"> = { mishap: () => null, changed: () => undefined };
  const respond = (request: IncomingMessage, response: ServerResponse): void => {
    const body = origin.seen.at(-1)?.body ?? Buffer.alloc(0);
    const { method = "", url = "" } = request;
    const mishap = state.mishap(method);
    const say = (status: number, value?: unknown, headers: Record<string, string> = {}): void => {
      seen.push(`${method} ${url} ${status}`);
      if (value === undefined) response.writeHead(status, headers).end();
      else response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
    };
    if (mishap === "hang") return;
    if (mishap === "before") say(500, { message: "before" });
    else if (mishap === "redirect") say(307, undefined, { location: `https://localhost:${origin.port}/elsewhere` });
    else if (mishap === "huge") response.writeHead(200).end(Buffer.alloc(2 << 20, "x"));
    else if (mishap === "echo") say(403, { message: `you sent ${request.headers.authorization}` });
    else {
      const { status, value } = act(request, body);
      if (mishap === "after") say(500, { message: "after" });
      else say(status, value);
    }
  };
  const act = (request: IncomingMessage, body: Buffer): { status: number; value?: unknown } => {
    const wrong = (status: number, message: string) => ({ status, value: { message, url: "" } });
    if (request.headers.authorization !== `token ${token}`) return wrong(401, "token is required");
    const url = new URL(request.url ?? "", "https://localhost");
    const [, id] = /^\/api\/v1\/repos\/o\/r\/keys(?:\/(\d+))?$/.exec(url.pathname) ?? [null];
    if (!/^\/api\/v1\/repos\/o\/r\/keys(?:\/\d+)?$/.test(url.pathname)) return wrong(404, "not found");
    if (request.method === "GET" && id === undefined) {
      const limit = Math.min(Number(url.searchParams.get("limit") ?? 30), PAGE_MAX);
      const page = Number(url.searchParams.get("page") ?? 1);
      return { status: 200, value: keys.slice((page - 1) * limit, page * limit) };
    }
    if (request.method === "DELETE" && id !== undefined) {
      const at = keys.findIndex((key) => key.id === Number(id));
      if (at < 0) return wrong(404, "not found");
      keys.splice(at, 1);
      state.changed();
      return { status: 204 };
    }
    if (request.method !== "POST" || id !== undefined) return wrong(405, "method not allowed");
    if (request.headers["content-type"] !== "application/json") return wrong(422, "unsupported content type");
    const form = JSON.parse(body.toString("utf8")) as Record<string, unknown>;
    const unknown = Object.keys(form).find((name) => !["title", "key", "read_only"].includes(name));
    if (unknown !== undefined) return wrong(422, `[${unknown}]: unknown`);
    const { title, key, read_only: readOnly = false } = form;
    if (typeof title !== "string" || title === "") return wrong(422, "[Title]: Required");
    if (typeof key !== "string" || !isPublicKey(key)) return wrong(422, "Invalid key content");
    if (typeof readOnly !== "boolean") return wrong(422, "[ReadOnly]");
    if (keys.some((one) => one.title === title)) return wrong(422, "A key with the same name already exists");
    if (keys.some((one) => one.key === key)) return wrong(422, "This key has already been added to this repository");
    const made = { id: next++, title, key, read_only: readOnly };
    keys.push(made);
    state.changed();
    return { status: 201, value: { ...made, key_id: made.id, fingerprint: "SHA256:x", url: "" } };
  };
  const origin: Origin = await openOrigin({ respond });
  return Object.assign(state, {
    api: `https://localhost:${origin.port}/api/v1`,
    keys,
    seen,
    add: (title: string) => void keys.push({ id: next++, title, key: `other ${next}`, read_only: true }),
    close: () => origin.close(),
  });
}

/** `ssh-ed25519`, 32 bytes, and a comment. */
function isPublicKey(line: string): boolean {
  const [type, blob = ""] = line.split(" ");
  const bytes = Buffer.from(blob, "base64");
  return (
    type === "ssh-ed25519" &&
    bytes.toString("base64") === blob &&
    bytes.length === 4 + 11 + 4 + 32 &&
    bytes.toString("latin1", 4, 15) === "ssh-ed25519"
  );
}
