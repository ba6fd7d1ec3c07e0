import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { type Need, skipWithout } from "../../support/needs.ts";
import { crates, GREETING, goProxy, npmRegistry, pypi, serveRegistries } from "../../support/registries.ts";
import { openToolBottle, type ToolBottle } from "../../support/tool-bottle.ts";

const skip = skipWithout("bubblewrap", "perl");
/** Allows nothing that a tool asks for: it says where the public name is dialled. The packs allow. */
const DIALLED = { paths: ["/none"] };
const PROJECTS = { npm: npmRegistry(), pip: pypi(), cargo: crates(), go: goProxy() };

/** What a developer types in the project, as it is. */
const BUILDS: readonly { what: string; needs: readonly Need[]; script: string }[] = [
  { what: "npm ci", needs: ["system-npm"], script: "cd npm && npm ci >&2 && node main.js" },
  {
    what: "pip install into a virtual environment",
    needs: ["pip"],
    script:
      "cd pip && /usr/bin/python3 -m venv /tmp/v >&2 && /tmp/v/bin/pip install -r requirements.txt >&2 && /tmp/v/bin/python main.py",
  },
  {
    what: "pip install with the Python of pyenv",
    needs: ["pyenv"],
    script: "cd pip && pip install -r requirements.txt >&2 && python3 main.py",
  },
  {
    what: "cargo build",
    needs: ["rustup", "gcc"],
    script: "cd cargo && cargo build >&2 && target/debug/app",
  },
  { what: "go build", needs: ["go"], script: "cd go && go build -o app . && ./app" },
];

const needed = (["pyenv", "rustup", "go"] as const).filter((need) => skipWithout(need) === false);
let bottle: ToolBottle | undefined;
before(async () => {
  if (skip !== false) return;
  bottle = await openToolBottle({
    hosts: Object.fromEntries(
      [
        ...["registry.npmjs.org", "pypi.org", "files.pythonhosted.org"],
        ...["index.crates.io", "static.crates.io", "proxy.golang.org"],
      ].map((host) => [host, DIALLED]),
    ),
    packs: ["npm", "pypi", "crates", "go"],
    respond: serveRegistries(Object.values(PROJECTS)),
    bottle: { tools: needed, limits: { memory: "2G" } },
    before: ({ workspace }) => {
      for (const [folder, { project }] of Object.entries(PROJECTS)) {
        for (const [path, text] of Object.entries(project)) {
          const file = join(workspace, folder, path);
          mkdirSync(dirname(file), { recursive: true });
          writeFileSync(file, text);
        }
      }
    },
  });
});
after(() => bottle?.[Symbol.asyncDispose]());

for (const { what, needs, script } of BUILDS) {
  test(`with the rule pack of its registry, ${what} in a bottle fetches a dependency and the program runs`, {
    skip: skip || skipWithout(...needs),
  }, async () => {
    const run = await bottle?.sh(script);
    assert.deepEqual([run?.code, run?.stdout], [0, `${GREETING}\n`], run?.stderr);
  });
}

test("what a build downloads stays in the bottle's own home: nothing of the host's toolchains can be changed", {
  skip: skip || skipWithout("rustup", "pyenv"),
}, async () => {
  const run = await bottle?.sh(
    'for f in "$RUSTUP_HOME/toolchains/x" "$PYENV_ROOT/shims/x" "$(dirname "$(command -v cargo)")/x"; do touch "$f" && echo "wrote $f"; done; ls "$CARGO_HOME"',
  );
  assert.ok(run?.stdout.includes("registry"), run?.stdout);
  assert.ok(!run?.stdout.includes("wrote"), run?.stdout);
});

test("a project that wants a newer Go or another Rust is told so at once: no toolchain is downloaded unseen", {
  skip: skip || skipWithout("go", "rustup"),
}, async () => {
  const asked = bottle?.seen.length;
  const go = await bottle?.sh(
    "mkdir /tmp/newer && cd /tmp/newer && printf 'module x\\n\\ngo 1.999\\n' >go.mod && go build",
  );
  assert.match(go?.stderr ?? "", /go\.mod requires go >= 1\.999 .*GOTOOLCHAIN=local/);
  const rust = await bottle?.sh("mkdir /tmp/other && cd /tmp/other && echo 1.2.3 >rust-toolchain && cargo --version");
  assert.match(rust?.stderr ?? "", /toolchain '1\.2\.3.*' is not installed/);
  assert.equal(bottle?.seen.length, asked);
});

test("row 140: of Cargo's home on the host nothing but bin is there", {
  skip: skip || skipWithout("rustup"),
}, async () => {
  const run = await bottle?.sh('ls -A "$(dirname "$(command -v cargo)")/.."');
  assert.equal(run?.stdout, "bin\n", run?.stderr);
});
