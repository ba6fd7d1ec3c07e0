import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { claudeCode } from "../../../src/agents/claude-code.ts";
import { promptPath } from "../../../src/core/plan/guest.ts";
import { MODEL_HOST, type Seen, startStandIn } from "../../../src/demo/stand-in.ts";
import { claudeBinary, skipWithout } from "../../support/needs.ts";

const SCENE = {
  prompt: "make the file",
  command: "echo made > made.txt && cat made.txt",
  answer: (result: string) => `it says ${result.trim()}`,
};
const TOKEN = `sk-ant-oat01-${"t".repeat(95)}`;

interface Turn {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seen: readonly Seen[];
  /** Every CONNECT and every plain request that came to the proxy. */
  readonly asked: readonly string[];
  readonly workspace: string;
}

/** One headless run of the real program, with the rack's own files, variables and command, behind a proxy that knows one host. */
async function turn(
  context: TestContext,
  options: { prompt: string; args?: string[]; instructions?: string },
): Promise<Turn> {
  const folder = mkdtempSync(join(tmpdir(), "claude-turn-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const socketPath = join(folder, "model.sock");
  const standIn = await startStandIn({ socketPath, authorization: `Bearer ${TOKEN}`, scenes: [SCENE] });
  context.after(() => standIn.close());
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    asked.push(`plain ${request.url}`);
    response.writeHead(403).end();
  });
  proxy.on("connect", (request, socket) => {
    asked.push(request.url ?? "");
    socket.on("error", () => undefined);
    if (request.url !== `${MODEL_HOST}:443`) return void socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    const upstream = connect(socketPath);
    upstream.on("error", () => socket.destroy());
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    upstream.pipe(socket).pipe(upstream);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  context.after(() => {
    proxy.close();
    proxy.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const path = claudeBinary() ?? "";
  const run = {
    binary: { path, version: "", origin: "" },
    workspace: join(folder, "project"),
    home: join(folder, "home"),
    prompt: options.prompt,
    args: options.args ?? [],
    instructions: options.instructions ?? null,
  };
  mkdirSync(run.workspace);
  const prompt = { path: promptPath(run.home), mode: 0o600, text: run.instructions ?? "" };
  for (const file of [...claudeCode.files(run), prompt]) {
    mkdirSync(dirname(file.path), { recursive: true });
    writeFileSync(file.path, file.text, { mode: file.mode });
  }
  writeFileSync(join(folder, "ca.pem"), standIn.caPem);
  const child = spawn(path, claudeCode.command(run).argv.slice(1), {
    cwd: run.workspace,
    env: {
      ...{ PATH: "/usr/bin:/bin", HOME: run.home, IS_SANDBOX: "1", NODE_EXTRA_CA_CERTS: join(folder, "ca.pem") },
      ...{ HTTPS_PROXY: url, HTTP_PROXY: url, CLAUDE_CODE_OAUTH_TOKEN: TOKEN },
      ...claudeCode.env,
    },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 60_000,
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString("utf8");
  return { code, stdout: text(out), stderr: text(err), seen: standIn.seen, asked, workspace: run.workspace };
}

const skip = skipWithout("claude");

test("a whole turn: prompt, Bash call, file, result, words; only listed paths of one host are asked for", {
  skip,
}, async (context) => {
  const done = await turn(context, { prompt: SCENE.prompt });
  assert.deepEqual([done.code, done.stdout], [0, "it says made\n"], done.stderr);
  assert.equal(readFileSync(join(done.workspace, "made.txt"), "utf8"), "made\n");
  assert.deepEqual([...new Set(done.asked)], [`${MODEL_HOST}:443`]);
  const listed = claudeCode.rules.flatMap((rule) =>
    (rule.methods ?? []).flatMap((method) => (rule.paths ?? []).map((path) => `${method} ${path}`)),
  );
  for (const { method, path } of done.seen)
    assert.ok(listed.includes(`${method} ${path.split("?")[0]}`), `${method} ${path}`);
  assert.equal(done.seen.filter(({ request }) => request !== null).length, 2);
});

test("row 137: an ordinary request names no provider-side tool", { skip }, async (context) => {
  const { seen } = await turn(context, { prompt: SCENE.prompt });
  const requests = seen.flatMap(({ request }) => request ?? []);
  assert.ok(requests.length > 0);
  for (const request of requests) {
    assert.ok(request.tools.includes("Bash"));
    assert.deepEqual(request.serverTools, []);
  }
});

test("a prompt that begins with a dash, instructions and list arguments all arrive", { skip }, async (context) => {
  const done = await turn(context, {
    prompt: `--help: ${SCENE.prompt}`,
    instructions: "-be-brief-",
    args: ["--disallowedTools", "WebSearch", "WebFetch"],
  });
  assert.deepEqual([done.code, done.stdout], [0, "it says made\n"], done.stderr);
  assert.ok(done.seen.some(({ raw }) => raw.includes("-be-brief-")));
});
