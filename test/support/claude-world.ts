import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { claudeCode } from "../../src/agents/claude-code.ts";
import { promptPath } from "../../src/core/plan/guest.ts";
import { MODEL_HOST, type Seen, startStandIn } from "../../src/demo/stand-in.ts";

/** The one conversation that the stand-in of the model API knows. */
export const SCENE = {
  prompt: "make the file",
  command: "echo made > made.txt && cat made.txt",
  answer: (result: string) => `it says ${result.trim()}`,
};

/** A home, a workspace and a way out for one program, without a cage: what the agent rack would give it. */
export interface ClaudeWorld {
  readonly home: string;
  readonly workspace: string;
  readonly env: Readonly<Record<string, string>>;
  readonly token: string;
  readonly seen: readonly Seen[];
  /** Every CONNECT, and every plain request as `plain URL`, that came to the proxy; only the model host is let through. */
  readonly asked: readonly string[];
  /** argv of a run: headless on a prompt, or interactive. */
  argv(prompt: string | null): readonly string[];
  close(): Promise<void>;
}

/** `files`: whether the rack's first-run files are there. */
export async function claudeWorld(program: string, files: boolean): Promise<ClaudeWorld> {
  const folder = mkdtempSync(join(tmpdir(), "claude-"));
  const token = `sk-ant-oat01-${"t".repeat(95)}`;
  const socketPath = join(folder, "model.sock");
  const standIn = await startStandIn({ socketPath, authorization: `Bearer ${token}`, scenes: [SCENE] });
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
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const [home, workspace] = [join(folder, "home"), join(folder, "project")];
  const run = (prompt: string | null) => ({
    binary: { path: program, version: "", origin: "" },
    ...{ workspace, home, prompt, args: [], instructions: "be brief" },
  });
  for (const path of [home, workspace]) mkdirSync(path);
  const prompt = { path: promptPath(home), mode: 0o600, text: "be brief" };
  for (const file of [...(files ? claudeCode.files(run(null)) : []), prompt]) {
    mkdirSync(dirname(file.path), { recursive: true });
    writeFileSync(file.path, file.text, { mode: file.mode });
  }
  writeFileSync(join(folder, "ca.pem"), standIn.caPem);
  const env = {
    ...{ PATH: "/usr/bin:/bin", HOME: home, IS_SANDBOX: "1", NODE_EXTRA_CA_CERTS: join(folder, "ca.pem") },
    ...{ HTTPS_PROXY: url, HTTP_PROXY: url, CLAUDE_CODE_OAUTH_TOKEN: token, LANG: "C.UTF-8", TERM: "xterm-256color" },
    ...claudeCode.env,
  };
  return {
    ...{ home, workspace, env, token, asked, seen: standIn.seen },
    argv: (prompt) => [program, ...claudeCode.command(run(prompt)).argv.slice(1)],
    close: async () => {
      proxy.close();
      proxy.closeAllConnections();
      await standIn.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
