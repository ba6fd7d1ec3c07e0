import { generateKeyPairSync, randomBytes, verify } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Origin, openOrigin } from "../gateway/origin.ts";

/** A stand-in for the API of a GitHub Enterprise server, with one app, installed for some repositories of `o`. */
export interface GithubStandIn {
  /** Root of its API. */
  readonly api: string;
  /** The app's private key, in PEM. */
  readonly pem: string;
  readonly app: string;
  readonly installation: number;
  /** Tokens that count now, and what they may. */
  readonly tokens: Map<string, { readonly repositories: readonly string[]; readonly contents: string; until: number }>;
  /** `METHOD URL STATUS` of each request. */
  readonly seen: readonly string[];
  /** Life of the next tokens. */
  lifeMs: number;
  /** Status with which the next requests fail; null: they do not. */
  fails: number | null;
  /** What is changed in the answer to a question for a token. */
  bend: (answer: Record<string, unknown>) => Record<string, unknown>;
  close(): Promise<void>;
}

const HOUR_MS = 3_600_000;

/**
 * Strict about what docs.github.com documents: `Accept`, `X-GitHub-Api-Version`, a user agent, the JWT's signature by the
 * app's public key, its algorithm, issuer, and times (not from the future, ten minutes ahead at most), known fields only,
 * repositories and permissions that the installation has.
 */
export async function openGithub(repositories: readonly string[] = ["r", "other"]): Promise<GithubStandIn> {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const app = "Iv23liStandIn";
  const installation = 4711;
  const tokens = new Map<string, { repositories: readonly string[]; contents: string; until: number }>();
  const seen: string[] = [];
  const state = { lifeMs: HOUR_MS, fails: null as number | null, bend: (answer: Record<string, unknown>) => answer };

  const isLogin = (jwt: string): boolean => {
    const [head = "", claims = "", signature = "", ...rest] = jwt.split(".");
    if (rest.length > 0) return false;
    const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    const { alg, typ } = read(head);
    if (alg !== "RS256" || typ !== "JWT") return false;
    if (!verify("sha256", Buffer.from(`${head}.${claims}`), publicKey, Buffer.from(signature, "base64url")))
      return false;
    const { iat, exp, iss, ...more } = read(claims);
    const now = Date.now() / 1000;
    return iss === app && Object.keys(more).length === 0 && iat <= now && exp > now && exp <= now + 600 && exp > iat;
  };

  const act = (request: IncomingMessage, body: Buffer): { status: number; value?: unknown } => {
    const wrong = (status: number, message: string) => ({ status, value: { message, documentation_url: "" } });
    const { headers } = request;
    if (headers["user-agent"] === undefined) return wrong(403, "Request forbidden by administrative rules.");
    if (headers.accept !== "application/vnd.github+json") return wrong(415, "Unsupported 'Accept' header");
    if (headers["x-github-api-version"] !== "2022-11-28") return wrong(400, "not a supported version");
    const [, bearer = ""] = /^Bearer (\S+)$/.exec(headers.authorization ?? "") ?? [];
    if (request.method === "DELETE" && request.url === "/api/v3/installation/token") {
      return tokens.delete(bearer) ? { status: 204 } : wrong(401, "Bad credentials");
    }
    if (request.method !== "POST") return wrong(404, "Not Found");
    const asked = /^\/api\/v3\/app\/installations\/(\d+)\/access_tokens$/.exec(request.url ?? "");
    if (asked === null) return wrong(404, "Not Found");
    if (!isLogin(bearer)) return wrong(401, "A JSON web token could not be decoded");
    if (Number(asked[1]) !== installation) return wrong(404, "Integration not found");
    if (headers["content-type"] !== "application/json") return wrong(415, "not JSON");
    const form = JSON.parse(body.toString("utf8")) as Record<string, unknown>;
    const unknown = Object.keys(form).some((name) => !["repositories", "repository_ids", "permissions"].includes(name));
    const names = (form.repositories ?? repositories) as string[];
    const permissions = (form.permissions ?? { contents: "write", metadata: "read" }) as Record<string, string>;
    if (unknown || !names.every((name) => repositories.includes(name)))
      return wrong(422, "There is at least one repository that does not exist or is not accessible");
    const rights = Object.entries(permissions);
    if (!rights.every(([right, level]) => right === "contents" && ["read", "write"].includes(level)))
      return wrong(422, "The permissions requested are not granted to this installation.");
    const token = `ghs_${randomBytes(27).toString("base64url").replace(/[-_]/g, "x")}`;
    const until = Date.now() + state.lifeMs;
    tokens.set(token, { repositories: names, contents: String(permissions.contents), until });
    const value = {
      token,
      expires_at: new Date(until).toISOString().replace(/\.\d+/, ""),
      permissions: { ...permissions, metadata: "read" },
      repository_selection: form.repositories === undefined ? "all" : "selected",
      ...(form.repositories === undefined
        ? {}
        : { repositories: names.map((name, id) => ({ id, name, full_name: `o/${name}` })) }),
    };
    return { status: 201, value: state.bend(value) };
  };

  const respond = (request: IncomingMessage, response: ServerResponse): void => {
    const { status, value } =
      state.fails === null
        ? act(request, origin.seen.at(-1)?.body ?? Buffer.alloc(0))
        : { status: state.fails, value: { message: `you sent ${request.headers.authorization}` } };
    seen.push(`${request.method} ${request.url} ${status}`);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(value === undefined ? undefined : JSON.stringify(value));
  };
  const origin: Origin = await openOrigin({ respond });
  return Object.assign(state, {
    api: `https://localhost:${origin.port}/api/v3`,
    pem: privateKey.export({ type: "pkcs1", format: "pem" }).toString(),
    app,
    installation,
    tokens,
    seen,
    close: () => origin.close(),
  });
}
