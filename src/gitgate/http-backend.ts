import { spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { GitRequest } from "../core/wire/git-request.ts";
import { gitProgram } from "../host/git.ts";
import { mirrorEnvironment } from "./upstream-git.ts";

/** Longest head of a CGI answer; git's own has some hundred bytes. */
const HEAD_BYTES = 16 << 10;
/** Of what git complains about for the log. */
const WORDS_BYTES = 4 << 10;

export interface BackendCall {
  readonly tools: Readonly<Record<string, string>>;
  readonly request: GitRequest;
  /** Folder of the mirrors; that of this request is called `<repository>.git` in it. */
  readonly folder: string;
  readonly hooks: string;
  /** The most that a push may bring. */
  readonly packBytes: number;
  /** Gets the gate's end of what the hook of this push talks over. */
  readonly onHook: (channel: Duplex) => void;
}

/**
 * One request through `git http-backend` (RFC 3875), which does all of git's parsing. Bytes flow both ways at the pace of
 * the slower side. When the client leaves, all of it is killed. Resolves with git's complaints when its processes ended.
 */
export function callBackend(incoming: IncomingMessage, response: ServerResponse, call: BackendCall): Promise<string> {
  const { request, folder, hooks, packBytes } = call;
  const header = (name: string) => String(incoming.headers[name] ?? "");
  const env = {
    ...mirrorEnvironment(null, [
      ["core.hooksPath", hooks],
      ["receive.maxInputSize", String(packBytes)],
    ]),
    GIT_PROJECT_ROOT: folder,
    GIT_HTTP_EXPORT_ALL: "1",
    REQUEST_METHOD: incoming.method ?? "",
    PATH_INFO: `/${request.repository}.git/${request.step === "refs" ? "info/refs" : request.service}`,
    QUERY_STRING: request.step === "refs" ? `service=${request.service}` : "",
    CONTENT_TYPE: header("content-type"),
    HTTP_CONTENT_ENCODING: header("content-encoding"),
    GIT_PROTOCOL: /^version=[0-9](?::version=[0-9])*$/.exec(header("git-protocol"))?.[0] ?? "",
    REMOTE_USER: "bottle",
  };
  return new Promise((resolve) => {
    const child = spawn(gitProgram(call.tools), ["http-backend"], {
      env,
      cwd: "/",
      stdio: ["pipe", "pipe", "pipe", "pipe"],
      detached: true,
    });
    const kill = () => {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        child.kill("SIGKILL");
      }
    };
    const [stdin, stdout, stderr, channel] = child.stdio as unknown as [
      NodeJS.WritableStream,
      NodeJS.ReadableStream,
      NodeJS.ReadableStream,
      Duplex,
    ];
    channel.on("error", () => undefined);
    if (request.service === "git-receive-pack" && request.step === "call") call.onHook(channel);
    else channel.destroy();
    stdin.on("error", () => undefined);
    incoming.pipe(stdin);
    response.once("close", kill);

    let words = "";
    stderr.on("data", (piece: Buffer) => {
      if (words.length < WORDS_BYTES) words += piece.toString("utf8");
    });
    let head: Buffer | null = Buffer.alloc(0);
    stdout.on("data", (piece: Buffer) => {
      if (head !== null) {
        head = Buffer.concat([head, piece]);
        const end = head.indexOf("\r\n\r\n");
        if (end < 0) {
          if (head.length > HEAD_BYTES) kill();
          return;
        }
        writeHead(response, head.toString("latin1", 0, end));
        piece = head.subarray(end + 4);
        head = null;
      }
      if (!response.write(piece)) {
        stdout.pause();
        response.once("drain", () => stdout.resume());
      }
    });
    child.once("error", () => undefined);
    child.once("close", () => {
      channel.destroy();
      if (head === null) response.end();
      else if (!response.headersSent) response.writeHead(500, { "content-type": "text/plain" }).end("git failed\n");
      resolve(words);
    });
  });
}

/** Header fields of git-http-backend that a client needs. */
const PASSED = ["content-type", "cache-control", "expires", "pragma"];

function writeHead(response: ServerResponse, head: string): void {
  let status = 200;
  for (const line of head.split("\r\n")) {
    const [, name = "", value = ""] = /^([A-Za-z-]+): (.*)$/.exec(line) ?? [];
    if (name.toLowerCase() === "status") status = Number.parseInt(value, 10) || 500;
    else if (PASSED.includes(name.toLowerCase())) response.setHeader(name, value);
  }
  response.writeHead(status);
  // The client of a long clone sees at once that it has begun.
  response.flushHeaders();
}
