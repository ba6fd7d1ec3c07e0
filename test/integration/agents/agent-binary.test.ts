import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { claudeCode } from "../../../src/agents/claude-code.ts";
import { shell } from "../../../src/agents/shell.ts";
import type { AgentProvider } from "../../../src/core/model/agent.ts";
import { BottleError } from "../../../src/core/model/errors.ts";
import { type AgentSearch, findAgentBinary } from "../../../src/host/agent-binary.ts";
import { gatherFacts } from "../../../src/host/facts.ts";
import { skipWithout } from "../../support/needs.ts";

const facts = gatherFacts();
/** Machine code of this architecture that answers `--version` with words of its own. */
const MACHINE_CODE = readFileSync("/usr/bin/env");

interface Place {
  readonly folder: string;
  readonly said: string[];
  search(change?: Partial<AgentSearch>): AgentSearch;
  program(path: string, content?: string | Buffer): string;
}

function place(context: TestContext): Place {
  const folder = mkdtempSync(join(tmpdir(), "agent-binary-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const said: string[] = [];
  const home = join(folder, "home");
  const workspace = join(home, "project");
  mkdirSync(workspace, { recursive: true });
  const { npm: _, ...tools } = facts.tools;
  return {
    folder,
    said,
    search: (change = {}) => ({
      provider: claudeCode,
      command: null,
      workspace,
      cwd: workspace,
      facts: { ...facts, home, tools },
      cache: join(folder, "cache"),
      env: { PATH: join(folder, "bin") },
      say: (line) => said.push(line),
      ...change,
    }),
    program(path, content = MACHINE_CODE) {
      const full = join(folder, path);
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, content);
      chmodSync(full, 0o755);
      return full;
    },
  };
}

const missing = (pattern: RegExp) => (error: unknown) =>
  error instanceof BottleError && error.code === "AGENT_BINARY_MISSING" && pattern.test(error.message);

test("the host's own program is taken from PATH, through its links", async (context) => {
  const { folder, search, program } = place(context);
  const real = program("share/versions/2.3.4");
  mkdirSync(join(folder, "bin"));
  symlinkSync(real, join(folder, "bin/claude"));
  assert.deepEqual(await findAgentBinary(search()), { path: real, version: "2.3.4", origin: "host claude" });
});

test("the native installer's folder is looked at although PATH lacks it", async (context) => {
  const { search, program } = place(context);
  const path = program("home/.local/bin/claude");
  assert.equal((await findAgentBinary(search({ env: {} }))).path, path);
});

test("row 145: a program of the project, of its node_modules or of a relative PATH entry is not taken", async (context) => {
  const { folder, said, search, program } = place(context);
  const planted = [
    program("home/project/bin/claude"),
    program("home/project/node_modules/.bin/claude"),
    program("home/node_modules/.bin/claude"),
    program("home/elsewhere/claude"),
  ];
  mkdirSync(join(folder, "links"));
  symlinkSync(planted[0] ?? "", join(folder, "links/claude"));
  const path = [...planted.map(dirname), join(folder, "links"), "bin", ".", ""].join(":");
  const found = findAgentBinary(search({ env: { PATH: path }, cwd: join(folder, "home/elsewhere"), install: false }));
  assert.match((await found).origin, /^npm package .* still to be fetched$/);
  assert.equal(said.length, 5);
});

test("a current folder that holds the whole home is no project", async (context) => {
  const { folder, search, program } = place(context);
  const path = program("home/tools/claude");
  const found = await findAgentBinary(search({ env: { PATH: dirname(path) }, cwd: join(folder, "home") }));
  assert.equal(found.path, path);
});

test("a program that everybody can write is not taken", async (context) => {
  const { said, search, program } = place(context);
  const path = program("bin/claude");
  chmodSync(path, 0o757);
  assert.match((await findAgentBinary(search({ install: false }))).origin, /^npm package/);
  assert.match(said.join(), /can be written by everybody/);
});

test("behind npm's launcher script the platform program is found; a bare script is refused with what to do", async (context) => {
  const { folder, search, program } = place(context);
  const launcher = program("lib/node_modules/@anthropic-ai/claude-code/bin/claude.exe", "#!/bin/sh\n");
  await assert.rejects(findAgentBinary(search({ command: launcher })), missing(/is a script/));
  const name = claudeCode.program?.npmPlatforms[facts.arch]?.package.split("/")[1] ?? "";
  const real = program(`lib/node_modules/@anthropic-ai/${name}/claude`);
  writeFileSync(join(dirname(real), "package.json"), JSON.stringify({ name, version: "9.8.7" }));
  assert.deepEqual(await findAgentBinary(search({ command: launcher })), {
    path: real,
    version: "9.8.7",
    origin: "named command",
  });
  rmSync(real);
  const below = join(folder, "lib/node_modules/@anthropic-ai/claude-code");
  const nested = program(`lib/node_modules/@anthropic-ai/claude-code/node_modules/@anthropic-ai/${name}/claude`);
  assert.ok(nested.startsWith(below));
  assert.equal((await findAgentBinary(search({ command: launcher }))).path, nested);
});

test("machine code of another architecture is refused", async (context) => {
  const { search, program } = place(context);
  const other = Buffer.from(MACHINE_CODE);
  other.writeUInt16LE(8, 18);
  await assert.rejects(findAgentBinary(search({ command: program("bin/claude", other) })), missing(/machine code/));
});

test("a named program may lie in a project, but not where the agent writes", async (context) => {
  const { folder, search, program } = place(context);
  const inside = program("home/project/claude");
  await assert.rejects(findAgentBinary(search({ command: inside })), missing(/lies in the workspace/));
  const beside = program("home/other/claude");
  const found = await findAgentBinary(search({ command: "~/other/claude", cwd: join(folder, "home/other") }));
  assert.equal(found.path, beside);
  await assert.rejects(findAgentBinary(search({ command: join(folder, "nothing") })), missing(/does not exist/));
});

test("the version is asked once for the same file, with none of our environment", {
  skip: skipWithout("gcc"),
}, async (context) => {
  const { folder, search } = place(context);
  const path = join(folder, "asked");
  const asked = join(folder, "asked.log");
  const source = `#include <stdio.h>\n#include <stdlib.h>\nint main(int c, char **v) { FILE *f = fopen("${asked}", "a"); fprintf(f, "%s %s\\n", v[1], getenv("ASKED_SECRET") ? "LEAK" : "clean"); puts("tool 4.5.6 (x)"); return 0; }\n`;
  writeFileSync(`${path}.c`, source);
  execFileSync("gcc", ["-o", path, `${path}.c`]);
  process.env.ASKED_SECRET = "x";
  context.after(() => delete process.env.ASKED_SECRET);
  for (let round = 0; round < 2; round += 1) {
    assert.equal((await findAgentBinary(search({ command: path }))).version, "4.5.6");
  }
  assert.equal(readFileSync(asked, "utf8"), "--version clean\n");
});

test("a shell is the system's; one outside /usr is not visible in a bottle", async (context) => {
  const { search } = place(context);
  assert.match((await findAgentBinary(search({ provider: shell }))).path, /^\/(usr\/)?bin\/(ba)?sh$/);
  await assert.rejects(findAgentBinary(search({ provider: shell, command: "/home/x/zsh" })), missing(/below \/usr/));
});

/** An npm that packs a made-up package, and the provider that pins it. */
function fakeNpm(where: Place, options: { readonly sha512?: string; readonly fails?: boolean } = {}): AgentProvider {
  const source = where.program("source/package/claude");
  const archive = join(where.folder, "packed.tgz");
  execFileSync("tar", ["-czf", archive, "-C", dirname(dirname(source)), "package"]);
  const sha512 = options.sha512 ?? createHash("sha512").update(readFileSync(archive)).digest("base64");
  const body = options.fails ? "echo 'E404 not found' >&2; exit 1" : `cp ${archive} made-up-1.0.0.tgz`;
  where.program(
    "bin/npm",
    `#!/bin/sh\n[ "$*" = "pack --silent --ignore-scripts @made/up@1.0.0" ] || exit 9\n${body}\n`,
  );
  const npmPlatforms = { [facts.arch]: { package: "@made/up", sha512, file: "claude" } };
  return { ...claudeCode, program: { hostName: "claude", npmPackage: "@made/all", npmVersion: "1.0.0", npmPlatforms } };
}

test("the pinned package is fetched without scripts, checked, and there for the next start", async (context) => {
  const where = place(context);
  const provider = fakeNpm(where);
  const [one, two] = await Promise.all([1, 2].map(() => findAgentBinary(where.search({ provider }))));
  assert.deepEqual(one, two);
  assert.deepEqual(readFileSync(one?.path ?? ""), MACHINE_CODE);
  assert.deepEqual(readdirSync(join(where.folder, "cache/agents")), ["up-1.0.0"]);
  rmSync(join(where.folder, "bin/npm"));
  assert.deepEqual(await findAgentBinary(where.search({ provider })), one);
});

test("another SHA-512 than the pinned one installs nothing and leaves nothing", async (context) => {
  const where = place(context);
  const provider = fakeNpm(where, { sha512: "AAAA" });
  await assert.rejects(findAgentBinary(where.search({ provider })), missing(/SHA-512/));
  assert.deepEqual(readdirSync(join(where.folder, "cache/agents")), []);
});

test("a registry that does not answer is said in npm's words, and nothing is left", async (context) => {
  const where = place(context);
  const provider = fakeNpm(where, { fails: true });
  await assert.rejects(findAgentBinary(where.search({ provider })), missing(/E404 not found/));
  assert.deepEqual(readdirSync(join(where.folder, "cache/agents")), []);
});

test("what a killed fetch left is removed by the next one", async (context) => {
  const where = place(context);
  const provider = fakeNpm(where);
  const dead = join(where.folder, "cache/agents/install-4194304-abcdef");
  mkdirSync(dead, { recursive: true });
  await findAgentBinary(where.search({ provider }));
  assert.deepEqual(readdirSync(join(where.folder, "cache/agents")), ["up-1.0.0"]);
});

test("a dry run fetches nothing", async (context) => {
  const where = place(context);
  const provider = fakeNpm(where);
  const found = await findAgentBinary(where.search({ provider, install: false }));
  assert.match(found.origin, /still to be fetched/);
  assert.deepEqual(readdirSync(where.folder).includes("cache"), false);
});

test("without npm the message says what to install", async (context) => {
  await assert.rejects(findAgentBinary(place(context).search()), (error) => {
    assert.ok(error instanceof BottleError);
    assert.equal(error.hint, "apt install npm");
    return true;
  });
});
