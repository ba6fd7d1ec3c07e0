import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type CliResult, eventually, newOperator, type Operator } from "./operator.ts";

/** The one host that there is. */
export const HOST = "stand.example.com";

interface World extends Disposable {
  readonly operator: Operator;
  /** `METHOD URL BODY` of what reached the host. */
  readonly seen: readonly string[];
  readonly manifest: string;
  /** `bottle ARGS`, which must end with 0. */
  run(...args: readonly string[]): Promise<CliResult>;
  /** curl in the bottle; resolves its status and what it printed. */
  curl(...args: readonly string[]): Promise<{ readonly status: number; readonly text: string }>;
  /** What waits, once there are so many. */
  waiting(count: number): Promise<readonly Waiting[]>;
  /** Ends the host process at once. */
  kill(): Promise<void>;
}

interface Waiting {
  readonly id: string;
  readonly bottle: string;
  readonly target: string;
  readonly bytes: number;
  readonly review: string;
}

/** A bottle that runs and asks about everything, and the only host that it can reach; `more` stands in its manifest too. */
export async function openWorld(
  t: TestContext,
  egress: object = { default: "ask" },
  terms = "",
  more: (operator: Operator) => object = () => ({}),
): Promise<World> {
  const seen: string[] = [];
  const server: Server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (piece: string) => {
      body += piece;
    });
    request.on("end", () => {
      seen.push(`${request.method} ${request.url} ${body}`);
      // One that goes on until it is cut.
      if (request.url?.startsWith("/endless") === true) response.write("begun\n");
      else response.end(`answer to ${request.url}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const operator = newOperator();
  const rule = `{ "host": "${HOST}", "scheme": "http", "paths": ["/listed"], ${terms}"dial": { "address": "127.0.0.1", "port": ${port} } }`;
  const others = Object.entries(more(operator))
    .map(([key, value]) => `  "${key}": ${JSON.stringify(value)},\n`)
    .join("");
  operator.writeManifest(
    `{\n  // mine\n${others}  "bottles": { "default": { "egress": {\n    ${JSON.stringify(egress).slice(1, -1)},\n    "rules": [\n      ${rule}, // the stand\n    ],\n  } } },\n}\n`,
  );
  const child = operator.spawn(["start", "shell", "--without-cgroup", "--name", "one", "-p", "echo up; sleep 300"]);
  child.stdin?.end();
  let said = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  child.stderr?.resume();
  const closed = new Promise((resolve) => child.once("close", resolve));
  await eventually("the agent runs", () => said.includes("up"));
  return {
    operator,
    seen,
    manifest: join(operator.home, ".config/bot-bottle/bot-bottle.json"),
    async run(...args) {
      const result = await operator.bottle(args);
      assert.equal(result.code, 0, `${args.join(" ")}: ${result.stderr}`);
      return result;
    },
    async curl(...args) {
      const words = ["exec", "one", "--", "curl", "-sS", "-w", "\n%{http_code}", ...args];
      const { stdout } = await operator.bottle(words);
      const cut = stdout.lastIndexOf("\n");
      return { status: Number(stdout.slice(cut + 1)), text: stdout.slice(0, cut) };
    },
    waiting: (count) =>
      eventually(`${count} requests wait`, async () => {
        const { stdout } = await operator.bottle(["approvals", "--format", "json"]);
        const list = JSON.parse(stdout) as readonly Waiting[];
        return list.length === count ? list : null;
      }),
    async kill() {
      child.kill("SIGKILL");
      await closed;
    },
    [Symbol.dispose]() {
      child.kill("SIGKILL");
      operator[Symbol.dispose]();
    },
  };
}

/** The bottle's folder. */
export const folderOf = (operator: Operator) => join(operator.home, ".local/state/bot-bottle/bottles/one");

/** Ends and removes the bottle. */
export async function end(world: World): Promise<void> {
  await world.run("stop", "--grace", "0", "one");
  await world.run("rm", "--discard", "one");
}

export const url = (path: string) => `http://${HOST}${path}`;
