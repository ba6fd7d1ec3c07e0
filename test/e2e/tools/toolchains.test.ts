import assert from "node:assert/strict";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { newOperator, type Operator } from "../../support/operator.ts";
import { GREETING, goProxy } from "../../support/registries.ts";
import { openToolBottle } from "../../support/tool-bottle.ts";

const skip = skipWithout("bubblewrap", "perl");

function put(folder: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

function manifest(operator: Operator, bottle: unknown): void {
  operator.writeManifest(JSON.stringify({ bottles: { default: bottle } }));
}

/** This Node as the one version that an nvm in the operator's home has. */
function withNvm({ home }: Operator): void {
  const node = join(home, ".nvm/versions/node", process.version, "bin/node");
  put(home, { ".nvm/alias/default": process.version.slice(1, 3), ".nvm/nvm.sh": "" });
  mkdirSync(dirname(node), { recursive: true });
  try {
    linkSync(process.execPath, node);
  } catch {
    copyFileSync(process.execPath, node);
  }
  put(home, { ".nvm/.cache/kept-away": "" });
}

/** Where a folder of the operator's home stands inside: at its own path, unless that is another folder there. */
function inside({ home }: Operator, name: string, word: string): string {
  return /^\/(?:tmp|var)\//.test(home) ? `/opt/tools/${word}` : join(home, name);
}

test("a version manager by name: its default is first on PATH, read-only, and nothing beside its versions shows", {
  skip,
}, async () => {
  using operator = newOperator();
  withNvm(operator);
  manifest(operator, { tools: ["nvm"] });
  const script = 'command -v node; node --version; ls -A "$NVM_DIR"; touch "$NVM_DIR/versions/node/x" || true';
  const run = await operator.bottle(["start", "shell", "--rm", "-p", script]);
  const bin = join(inside(operator, ".nvm", "nvm"), "versions/node", process.version, "bin/node");
  assert.equal(run.stdout, `${bin}\n${process.version}\nalias\nnvm.sh\nversions\n`, run.stderr);
  assert.match(run.stderr, /touch: .*Read-only file system/);
});

test("row 140: what the agent may write to lies neither in a shown toolchain nor on the way to it", {
  skip,
}, async () => {
  using operator = newOperator();
  withNvm(operator);
  manifest(operator, { tools: ["nvm"] });
  const script =
    'd="$NVM_DIR/versions/node"; while [ "$d" != / ]; do (: >"$d/x") 2>/dev/null && echo "wrote in $d"; (mv "$d" "$d.x") 2>/dev/null && echo "moved $d"; d=$(dirname "$d"); done; echo done';
  assert.equal((await operator.bottle(["start", "shell", "--rm", "-p", script])).stdout, "done\n");
});

test("a toolchain that is not there: exit 3, where it was looked for, and nothing was created", { skip }, async () => {
  using operator = newOperator();
  manifest(operator, { tools: ["pyenv", { path: "~/nowhere" }], caches: { go: "read-only" } });
  const run = await operator.bottle(["start", "shell", "-p", "true"], { env: { GOMODCACHE: "/nowhere/mod" } });
  assert.equal(run.code, 3, run.stderr);
  assert.ok(
    run.stderr.includes(
      `tools, pyenv: not found on this host; looked for $PYENV_ROOT (not set), ${operator.home}/.pyenv`,
    ),
  );
  assert.ok(run.stderr.includes(`tools, ~/nowhere: not found on this host; looked for ${operator.home}/nowhere`));
  assert.match(run.stderr, /caches, go: not found on this host; looked for \/nowhere\/mod\/cache\/download/);
  assert.equal(existsSync(join(operator.home, ".local")), false);
});

for (const path of ["~/.ssh", "~/.ssh/tools", "~/link", "~/.cargo", "/"]) {
  test(`row 140: ${path} is not shown as a folder of tools, and nothing is created`, { skip }, async () => {
    using operator = newOperator();
    put(operator.home, { ".ssh/tools/bin/x": "", ".cargo/credentials.toml": "", ".cargo/bin/x": "" });
    symlinkSync(".ssh/tools", join(operator.home, "link"));
    manifest(operator, { tools: [{ path }] });
    const run = await operator.bottle(["start", "shell", "-p", "true"]);
    assert.deepEqual([run.code, run.stdout], [3, ""]);
    assert.match(run.stderr, /is not shown to an agent/);
    assert.deepEqual(readdirSync(operator.home).includes(".local"), false);
  });
}

test("the plan names each folder that is shown; a project without its tools gets a note", { skip }, async () => {
  using operator = newOperator();
  withNvm(operator);
  put(operator.home, { "own/bin/x": "" });
  put(operator.workspace, { "Cargo.toml": "" });
  put(operator.home, { ".rustup/toolchains/stable/x": "", ".cargo/bin/cargo": "" });
  chmodSync(join(operator.home, ".cargo/bin/cargo"), 0o755);
  manifest(operator, { tools: ["nvm", { path: "~/own" }] });
  const run = await operator.bottle(["start", "shell", "--dry-run"]);
  assert.equal(run.code, 0, run.stderr);
  const shown = [join(inside(operator, ".nvm", "nvm"), "versions/node"), inside(operator, "own", "own")];
  for (const guest of shown) assert.ok(run.stdout.includes(` at ${guest}, read-only\n`), run.stdout);
  assert.match(run.stderr, /note: the project has a Cargo\.toml, and the bottle shows no cargo; "tools": \["rustup"\]/);
  manifest(operator, { tools: ["rustup"] });
  assert.doesNotMatch((await operator.bottle(["start", "shell", "--dry-run"])).stderr, /Cargo/);
});

test("caches: a Go module that the host has is built with no rule at all, and the host's cache cannot be written", {
  skip: skip || skipWithout("go"),
}, async () => {
  const registry = goProxy();
  const download = "go/pkg/mod/cache/download";
  await using bottle = await openToolBottle({
    hosts: {},
    respond: (_, response) => response.end(),
    bottle: { tools: ["go"], caches: { go: "read-only" }, limits: { memory: "2G" } },
    before: ({ home, workspace }) => {
      put(workspace, registry.project);
      const base = "https://proxy.golang.org/";
      for (const [url, { body }] of Object.entries(registry.answers)) {
        put(join(home, download), { [url.slice(base.length)]: body });
      }
      put(home, { "go/pkg/mod/cache/vcs/x/config": "url = https://user:password@example.com\n" });
    },
  });
  const run = await bottle.sh("go build -o app . && ./app; ls -A /opt/caches; touch /opt/caches/go/x");
  assert.equal(run.stdout, `${GREETING}\ngo\n`, run.stderr);
  assert.match(run.stderr, /touch: .*Read-only file system/);
  assert.deepEqual(bottle.seen, []);
});
