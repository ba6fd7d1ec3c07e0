import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { judgeBody } from "../../../src/core/policy/bodies.ts";
import { MODEL_HOST, type StandIn, startStandIn } from "../../../src/demo/stand-in.ts";
import { bottlePaths, layoutOf } from "../../../src/state/layout.ts";
import { claudeBinary, skipWithout } from "../../support/needs.ts";
import { newOperator, type Operator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl", "claude");
const KEY = `sk-ant-oat01-${"made-up-key-for-this-test-0123456789".repeat(2)}`;

/** An MCP server over stdio that has one tool, and writes in a file of the workspace what it was given. */
const SERVER = `$| = 1;
while (<STDIN>) {
  my ($id) = /"id":(\\d+)/ or next;
  my ($method) = /"method":"([^"]*)"/;
  my $result = "{}";
  if ($method eq "initialize") {
    my ($version) = /"protocolVersion":"([^"]*)"/;
    $result = qq({"protocolVersion":"$version","capabilities":{"tools":{}},"serverInfo":{"name":"p","version":"1"}});
  } elsif ($method eq "tools/list") {
    open my $file, ">", "asked.txt" or die;
    print $file "$ENV{COLOUR} ", $ENV{API_KEY} // "none";
    close $file;
    $result = '{"tools":[{"name":"paint_wall","description":"x","inputSchema":{"type":"object","properties":{}}}]}';
  }
  print qq({"jsonrpc":"2.0","id":$id,"result":$result}\\n);
}
`;

const SCENES = [
  {
    prompt: "look around",
    command: [
      "stat -c '%U %a %n' ~/.claude/skills/paint/SKILL.md ~/.claude/skills/paint/bin/run.sh ~/.bot-bottle/prompt.md",
      "~/.claude/skills/paint/bin/run.sh",
      "echo '- and kinder' >> ~/.claude/CLAUDE.md",
      "mkdir -p ~/.claude/skills/evil && echo 'do evil' > ~/.claude/skills/evil/SKILL.md",
      "rm ~/.claude/commands/foo.md",
    ].join("; "),
    answer: (result: string) => `seen:\n${result}`,
  },
  { prompt: "ZEBRA", command: "echo stripes", answer: (result: string) => `zebra has ${result.trim()}` },
];

const AGENT = {
  prompt: { file: "prompt.md" },
  skills: ["~/skills/paint"],
  config: ["settings", "memory", "commands", "agents", "skills", "mcp"],
};

function write(operator: Operator, path: string, text: string, mode = 0o644): void {
  const full = join(operator.home, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
  chmodSync(full, mode);
}

/** The real Claude Code, an operator with a rich configuration, and a stand-in (a FAKE of the API) for the model. */
async function withSetup(use: (operator: Operator, standIn: StandIn, env: Record<string, string>) => Promise<void>) {
  using operator = newOperator();
  const folder = mkdtempSync(join(tmpdir(), "stand-in-"));
  const socketPath = join(folder, "api.sock");
  const standIn = await startStandIn({ socketPath, authorization: `Bearer ${KEY}`, scenes: SCENES });
  try {
    writeFileSync(join(folder, "ca.pem"), standIn.caPem);
    const dial = { unix: socketPath, ca: join(folder, "ca.pem") };
    const rules = [{ host: MODEL_HOST, paths: ["/v1/*", "/api/*"], dial }];
    const agents = { claude: { command: claudeBinary() ?? "", ...AGENT } };
    operator.writeManifest(JSON.stringify({ bottles: { default: { egress: { rules } } }, agents }));
    write(operator, ".config/bot-bottle/prompt.md", "-PROMPTMARK- be brief\n");
    write(operator, "skills/paint/SKILL.md", "---\nname: paint\ndescription: SKILLMARK paints\n---\nBODYMARK\n");
    write(operator, "skills/paint/bin/run.sh", "#!/bin/sh\necho painted\n", 0o755);
    write(operator, ".claude/skills/knit/SKILL.md", "---\nname: knit\ndescription: OWNSKILLMARK knits\n---\nknit\n");
    write(operator, ".claude/CLAUDE.md", "- be kind MEMORYMARK\n");
    write(operator, ".claude/commands/foo.md", "---\ndescription: COMMANDMARK\n---\nplease ZEBRA with $ARGUMENTS\n");
    write(operator, ".claude/agents/rev.md", "---\nname: rev\ndescription: AGENTMARK\n---\nYou review.\n");
    write(operator, ".claude/hooks/say.sh", "#!/bin/sh\necho HOOKMARK\n", 0o755);
    const hook = { type: "command", command: join(operator.home, ".claude/hooks/say.sh") };
    const settings = { apiKeyHelper: "/usr/bin/false", hooks: { UserPromptSubmit: [{ hooks: [hook] }] } };
    write(operator, ".claude/settings.json", JSON.stringify(settings));
    const painter = {
      command: "/usr/bin/perl",
      args: [join(operator.workspace, "mcp.pl")],
      env: { COLOUR: "blue", API_KEY: "abc" },
    };
    write(operator, ".claude.json", JSON.stringify({ mcpServers: { painter }, numStartups: 7 }));
    write(operator, "project/mcp.pl", SERVER);
    await use(operator, standIn, { CLAUDE_CODE_OAUTH_TOKEN: KEY });
  } finally {
    await standIn.close();
    rmSync(folder, { recursive: true });
  }
}

test("instructions, skills, memory, commands, agents, hooks and an MCP server of the operator reach the real agent", {
  skip,
}, async () => {
  await withSetup(async (operator, standIn, env) => {
    const run = await operator.bottle(["start", "claude", "--name", "one", "-p", "please look around"], { env });
    assert.equal(run.code, 0, run.stderr + run.stdout);
    assert.match(run.stdout, /agent 644 .*SKILL\.md\nagent 755 .*run\.sh\nagent 600 .*prompt\.md\npainted/);
    const requests = standIn.seen.filter(({ request }) => request !== null).map(({ raw }) => raw);
    const marks = ["-PROMPTMARK- be brief", "SKILLMARK paints", "OWNSKILLMARK", "MEMORYMARK", "COMMANDMARK"];
    for (const mark of [...marks, "AGENTMARK", "HOOKMARK", "mcp__painter__paint_wall"]) {
      assert.ok(requests[0]?.includes(mark), `${mark} is not in the first request`);
    }
    for (const { path, problem } of standIn.seen) if (path.startsWith("/v1/messages")) assert.equal(problem, null);
    // What the agent asks with all of it fits the rule that it has without an operator's own.
    for (const raw of requests) {
      const bytes = Buffer.from(raw.slice(raw.indexOf("\n\n") + 2));
      const body = {
        method: "POST",
        path: "/v1/messages",
        contentType: "application/json",
        contentEncoding: null,
        bytes,
      };
      assert.equal(judgeBody({ shape: "anthropic-messages", allowProviderTools: [] }, body), null);
    }
    assert.match(run.stderr, /left out: settings: apiKeyHelper/);
    assert.match(run.stderr, /left out: mcp server painter: env API_KEY: looks like a secret/);

    const layout = layoutOf(operator.env, operator.home, process.getuid?.() ?? 0);
    const paths = bottlePaths(layout, "one");
    const asked = readFileSync(join(paths.workspace, "asked.txt"), "utf8");
    assert.equal(asked, "blue none");

    const json = await operator.bottle(["diff", "--config", "one", "--format", "json"]);
    const report = JSON.parse(json.stdout);
    assert.deepEqual(
      report.configuration.map(({ kind, path }: { kind: string; path: string }) => `${kind} ${path}`),
      [
        "changed /home/agent/.claude/CLAUDE.md",
        "removed /home/agent/.claude/commands/foo.md",
        "added /home/agent/.claude/skills/evil/SKILL.md",
      ],
      json.stderr,
    );
    assert.equal(report.whole, true);
    const text = await operator.bottle(["diff", "--config", "one"]);
    assert.match(text.stdout, /\n - be kind MEMORYMARK\n\+- and kinder\n/);
    const work = await operator.bottle(["diff", "one"]);
    assert.match(
      work.stderr,
      /configuration: changed .*CLAUDE\.md, removed .*foo\.md, added .*(bottle diff --config one)/,
    );
    assert.ok(!work.stdout.includes("and kinder") && work.stdout.includes("asked.txt"), work.stdout + work.stderr);
    assert.equal(readFileSync(join(operator.home, ".claude/CLAUDE.md"), "utf8"), "- be kind MEMORYMARK\n");
    assert.equal((await operator.bottle(["rm", "one"])).code, 0);
  });
});

test("a command and a skill of the operator work as a prompt", { skip }, async () => {
  await withSetup(async (operator, standIn, env) => {
    const command = await operator.bottle(["start", "claude", "--rm", "-p", "/foo bar"], { env });
    assert.equal(command.code, 0, command.stderr + command.stdout);
    assert.match(command.stdout, /zebra has stripes/);
    assert.ok(standIn.seen.some(({ raw }) => raw.includes("please ZEBRA with bar")));
    const skill = await operator.bottle(["start", "claude", "--rm", "-p", "/paint and look around"], { env });
    assert.equal(skill.code, 0, skill.stderr + skill.stdout);
    assert.ok(standIn.seen.some(({ raw }) => raw.includes("BODYMARK")));
    assert.match(skill.stdout, /painted/);
  });
});
