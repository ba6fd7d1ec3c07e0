import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeServers } from "../../../src/agents/claude-code/mcp-servers.ts";
import { claudeCode } from "../../../src/agents/claude-code.ts";
import type { Inside } from "../../../src/core/model/setup.ts";
import fc from "../../support/properties.ts";

const inside: Inside = {
  hostHome: "/home/op",
  home: "/home/agent",
  workspace: { host: "/home/op/project", guest: "/workspace" },
  reaches: (host, port) => host === "mcp.example.com" && port === 443,
  variables: [],
  headless: true,
};
const TOKEN = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
const judge = (server: unknown, name = "one") => {
  const { servers, leftOut, notes } = judgeServers({ [name]: server }, inside);
  return { server: servers[name], leftOut: leftOut.join("\n"), notes: notes.join("\n") };
};

test("a program of the system, of the workspace or of the search path runs inside", () => {
  const at = (command: string, args: string[] = []) => judge({ command, args }).server;
  assert.deepEqual(at("/usr/bin/node", ["/home/op/project/mcp/server.js"]), {
    type: "stdio",
    command: "/usr/bin/node",
    args: ["/workspace/mcp/server.js"],
  });
  assert.deepEqual(at("my-server"), { type: "stdio", command: "my-server", args: [] });
  assert.deepEqual(at("/home/op/project/bin/x"), { type: "stdio", command: "/workspace/bin/x", args: [] });
});

test("a program or an argument that is not in the bottle leaves the server out, with the path", () => {
  for (const server of [
    { command: "/home/op/bin/x" },
    { command: "/opt/x/server" },
    { command: "node", args: ["/home/op/tools/server.js"] },
    { command: "node", args: ["~/server.js"] },
    { command: "sh", args: ["-c", "exec $HOME/server"] },
  ]) {
    const { server: kept, leftOut } = judge(server);
    assert.equal(kept, undefined, JSON.stringify(server));
    assert.match(leftOut, /mcp server one: .*not in the bottle/);
  }
});

test("a secret variable is taken out, a secret argument keeps the server out; values are never said", () => {
  const { server, leftOut } = judge({ command: "x", env: { A: "1", API_KEY: "abc", B: TOKEN, C: 5 } });
  assert.deepEqual(server, { type: "stdio", command: "x", args: [], env: { A: "1" } });
  for (const name of ["API_KEY", "B", "C"]) assert.ok(leftOut.includes(`env ${name}: `), name);
  for (const args of [[TOKEN], ["--api-key", "abc"], ["--token=abc"], [`--header=Authorization: Bearer ${TOKEN}`]]) {
    const judged = judge({ command: "x", args });
    assert.equal(judged.server, undefined, JSON.stringify(args));
    assert.ok(!judged.leftOut.includes(TOKEN) && !judged.leftOut.includes("abc"));
  }
  assert.ok(!leftOut.includes(TOKEN));
});

test("what fetches a package at its start is told to need rules", () => {
  assert.match(judge({ command: "npx", args: ["-y", "@x/y"] }).notes, /needs the rules of npm/);
  assert.match(judge({ command: "uvx", args: ["y"] }).notes, /needs the rules of pypi/);
});

test("a remote server goes in when its host and port are listed, without its login", () => {
  const url = "https://mcp.example.com/v1";
  const headers = { Accept: "x", Authorization: "Bearer abc", "X-Api-Key": "k", Cookie: "a=b", "X-Other": TOKEN };
  const { server, leftOut, notes } = judge({ type: "http", url, headers, oauth: { clientId: "x" } });
  assert.deepEqual(server, { type: "http", url, headers: { Accept: "x" } });
  for (const name of ["Authorization", "X-Api-Key", "Cookie", "X-Other"]) {
    assert.ok(leftOut.includes(`header ${name}: `), `${name}\n${leftOut}`);
  }
  assert.match(notes, /declare a credential/);
  assert.ok(!leftOut.includes(TOKEN));
});

test("an unlisted host, and an address with a secret, keep the server out", () => {
  assert.match(
    judge({ type: "http", url: "https://other.example.com/" }).leftOut,
    /other\.example\.com:443 is not listed/,
  );
  assert.match(judge({ type: "sse", url: "http://mcp.example.com/" }).leftOut, /mcp\.example\.com:80 is not listed/);
  assert.match(judge({ type: "http", url: "http://127.0.0.1:99/" }).leftOut, /is not listed/);
  for (const url of [
    "https://u:p@mcp.example.com/",
    `https://mcp.example.com/?k=${TOKEN}`,
    "https://mcp.example.com/?api_key=a",
    `https://mcp.example.com/${TOKEN}/mcp`,
  ]) {
    const { server, leftOut } = judge({ type: "http", url });
    assert.equal(server, undefined);
    assert.match(leftOut, /looks like it holds a secret/);
    assert.ok(!leftOut.includes(TOKEN));
  }
  assert.match(judge({ type: "http", url: "file:///etc/passwd" }).leftOut, /not a URL/);
  assert.match(judge({ type: "ws", command: "x" }).leftOut, /type ws/);
  assert.match(judge({ command: "x" }, "a b\u001b").leftOut, /a b\\x1b: its name has odd characters/);
});

test("any JSON is judged without a throw, and no token that goes in comes out", () => {
  const key = fc.constantFrom("type", "command", "args", "env", "url", "headers", "oauth", "A");
  const leaf = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(TOKEN, "http", "stdio", "node", `https://mcp.example.com/?x=${TOKEN}`, "https://mcp.example.com/"),
  );
  const server = fc.dictionary(key, fc.oneof(leaf, fc.array(leaf), fc.dictionary(key, leaf)));
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom("a", "b"), server)), (servers) => {
      assert.ok(!JSON.stringify(judgeServers(servers, inside)).includes(TOKEN));
    }),
  );
});

test("a headless agent waits for its servers, one on a terminal does not", () => {
  const found = {
    parts: ["mcp"] as const,
    values: {
      ".claude.json": { oauthAccount: { emailAddress: "op@example.com" }, mcpServers: { a: { command: "x" } } },
    },
    files: [],
    leftOut: [],
  };
  const judged = (headless: boolean) => claudeCode.ownConfig?.judge(found, { ...inside, headless });
  assert.deepEqual(judged(true)?.env, { MCP_CONNECTION_NONBLOCKING: "0" });
  assert.deepEqual(judged(false)?.env, {});
  // Nothing else of the state file: accounts, projects and their history stay on the host.
  assert.deepEqual(judged(true)?.own, { settings: {}, mcpServers: { a: { type: "stdio", command: "x", args: [] } } });
});
