import assert from "node:assert/strict";
import { test } from "node:test";
import type { FoundPlace, FoundTools, ToolDefinition } from "../../../src/core/model/toolchain.ts";
import { planCaches } from "../../../src/core/plan/caches.ts";
import { planEquipment } from "../../../src/core/plan/equipment.ts";
import { TOOLCHAINS } from "../../../src/core/plan/toolchains.ts";
import { planTools } from "../../../src/core/plan/tools.ts";
import type { ProtectedFolders } from "../../../src/core/plan/workspace-refusals.ts";

const protectedOf: ProtectedFolders = [
  { path: "/home/op", what: "your home folder", inside: false },
  { path: "/home/op/.ssh", what: "a folder with credentials", inside: true },
  { path: "/home/op/.cargo/credentials.toml", what: "a file with credentials", inside: true },
  { path: "/home/op/.local/bin", what: "a folder with credentials", inside: true },
  { path: "/usr", what: "a folder of the system", inside: true },
];

function found(path: string, change: Partial<FoundPlace> = {}): FoundPlace {
  return { path, shown: [{ part: "", real: path, file: false }], entries: {}, texts: {}, ...change };
}

function plan(definitions: readonly ToolDefinition[], tools: FoundTools) {
  return planTools({
    definitions,
    found: tools,
    protectedFolders: protectedOf,
    writable: ["/home/agent", "/home/op/project"],
  });
}

const folder = (path: string, change: Partial<FoundPlace> = {}) => ({
  [path]: { folder: found(path, { entries: { bin: [] }, ...change }) },
});

test("a folder is shown read-only at its own path, and its bin comes first on PATH", () => {
  const planned = plan([{ path: "/opt/x" }], folder("/opt/x"));
  assert.deepEqual(planned.mounts, [{ host: "/opt/x", guest: "/opt/x" }]);
  assert.deepEqual([planned.bin, planned.problems], [["/opt/x/bin"], []]);
});

test("a link is followed once, on the host: what is mounted is the real folder, where it is named", () => {
  const shown = [{ part: "", real: "/data/x", file: false }];
  assert.deepEqual(plan([{ path: "/opt/x" }], folder("/opt/x", { shown })).mounts, [
    { host: "/data/x", guest: "/opt/x" },
  ]);
});

for (const [title, path] of [
  ["the home folder itself", "/home/op"],
  ["a folder with credentials", "/home/op/.ssh/tool"],
  ["a folder that contains a file with credentials", "/home/op/.cargo"],
] as const) {
  test(`row 140: ${title} is not shown as a tool, by name or by link`, () => {
    for (const named of [path, "/opt/x"]) {
      const shown = [{ part: "", real: path, file: false }];
      const planned = plan([{ path: named }], folder(named, { shown }));
      assert.deepEqual(planned.mounts, []);
      assert.match(planned.problems.join(), /is not shown to an agent/);
    }
  });
}

test("row 140: a variable that points a toolchain at the home folder shows nothing", () => {
  const go = found("/home/op", { entries: { bin: ["go"] } });
  const planned = plan(["go"], { go: { go } });
  assert.deepEqual(planned.mounts, []);
  assert.match(planned.problems.join(), /^tools, go: \/home\/op is your home folder/);
});

test("what lies below /usr is there already: nothing is mounted, PATH leads to it", () => {
  const planned = plan(["go"], { go: { go: found("/usr/local/go", { entries: { bin: ["go"] } }) } });
  assert.deepEqual(planned.mounts, []);
  assert.deepEqual(planned.bin, ["/home/agent/go/bin", "/usr/local/go/bin"]);
});

for (const path of ["/tmp/x", "/var/lib/x", "/home/agent/x", "/home/op/project/x", "/opt/agent/x"]) {
  test(`row 140: nothing is mounted at ${path}: the agent writes there, or it is another folder inside`, () => {
    assert.deepEqual(
      plan([{ path }], folder(path)).mounts.map(({ guest }) => guest),
      [`/opt/tools/${path.slice(1).replaceAll("/", "-")}`],
    );
    const versions = { shown: [{ part: "versions", real: `${path}/versions`, file: false }] };
    const planned = plan(["pyenv"], {
      pyenv: { pyenv: found(path, { ...versions, entries: { versions: ["3.12"] } }) },
    });
    assert.deepEqual(planned.mounts, []);
    assert.match(planned.problems.join(), /name each other by absolute path/);
  });
}

test("two folders that would stand at one place are a problem, the same one twice is not", () => {
  const tools = { ...folder("/tmp/a-b"), ...folder("/tmp/a/b") };
  assert.match(plan([{ path: "/tmp/a-b" }, { path: "/tmp/a/b" }], tools).problems.join(), /where \/tmp\/a-b does/);
  const twice = plan([{ path: "/tmp/a-b" }, { path: "/tmp/a-b", bin: ["bin"] }], tools);
  assert.deepEqual([twice.mounts.length, twice.bin.length, twice.problems], [1, 1, []]);
});

test("a path with a colon would put another folder on PATH, and is a problem", () => {
  assert.match(plan([{ path: "/opt/x:" }], folder("/opt/x:")).problems.join(), /colon/);
});

test("a toolchain that is not there says where it was looked for, and all problems are told", () => {
  const tools = { nvm: { nvm: { tried: ["$NVM_DIR (not set)", "/home/op/.nvm"] } } };
  const planned = plan(["nvm", { path: "/opt/x" }], { ...tools, ...folder("/opt/x", { entries: {} }) });
  assert.deepEqual(planned.problems, [
    "tools, nvm: not found on this host; looked for $NVM_DIR (not set), /home/op/.nvm",
    "tools, /opt/x: found in /opt/x, but it has no folder bin",
  ]);
});

test("of Cargo's home only bin is shown, and the agent has a Cargo home of its own", () => {
  const planned = plan(["rustup"], {
    rustup: {
      rustup: found("/home/op/.rustup", {
        shown: [{ part: "toolchains", real: "/home/op/.rustup/toolchains", file: false }],
        entries: { toolchains: ["stable"] },
      }),
      cargo: found("/home/op/.cargo", {
        shown: [{ part: "bin", real: "/home/op/.cargo/bin", file: false }],
        entries: { bin: ["cargo"] },
      }),
    },
  });
  assert.deepEqual(planned.problems, []);
  assert.deepEqual(
    planned.mounts.map(({ guest }) => guest),
    ["/home/op/.rustup/toolchains", "/home/op/.cargo/bin"],
  );
  assert.equal(planned.env.CARGO_HOME, "/home/agent/.cargo");
});

test("uv lies among protected programs: only its own files are shown", () => {
  const shown = ["uv", "uvx"].map((part) => ({ part, real: `/home/op/.local/bin/${part}`, file: true }));
  const planned = plan(["uv"], { uv: { uv: found("/home/op/.local/bin", { shown }) } });
  assert.deepEqual(
    planned.mounts.map(({ guest }) => guest),
    ["/home/op/.local/bin/uv", "/home/op/.local/bin/uvx"],
  );
});

/** Where version managers and their tools keep what opens doors. */
const CREDENTIALS = [
  ...["~/.cargo/credentials.toml", "~/.cargo/credentials", "~/.cargo/config.toml", "~/.cargo/registry", "~/.npmrc"],
  ...[
    "~/.sdkman/etc/config",
    "~/.config/pip/pip.conf",
    "~/.config/uv/uv.toml",
    "~/.netrc",
    "~/.volta/log",
    "~/.bunfig.toml",
  ],
];

test("row 140: no toolchain shows a file with credentials, or a folder that contains one", () => {
  for (const { name, places } of Object.values(TOOLCHAINS)) {
    for (const { candidates, shows } of Object.values(places)) {
      for (const candidate of candidates) {
        for (const part of shows) {
          const path = part === "" ? candidate : `${candidate}/${part}`;
          for (const secret of CREDENTIALS) {
            assert.ok(secret !== path && !secret.startsWith(`${path}/`), `${name}: ${path} shows ${secret}`);
          }
        }
      }
    }
  }
});

test("caches: Go's downloads are a read-only proxy before the real one, and the plan says what that shows", () => {
  const planned = planCaches({ go: "read-only" }, { go: found("/home/op/go/pkg/mod/cache/download") });
  assert.deepEqual(planned.mounts, [{ host: "/home/op/go/pkg/mod/cache/download", guest: "/opt/caches/go" }]);
  assert.match(planned.env.GOPROXY ?? "", /^file:\/\/\/opt\/caches\/go,https:/);
  assert.match(planned.risks.join(), /private ones too/);
});

test("caches that a tool must write to, and one that is not there, are problems", () => {
  for (const name of ["npm", "pip", "cargo", "constructor"])
    assert.match(planCaches({ [name]: "read-only" }, {}).problems.join(), /no cache of this name/);
  const missing = planCaches({ go: "read-only" }, { go: { tried: ["/home/op/go"] } });
  assert.deepEqual(missing.problems, ["caches, go: not found on this host; looked for /home/op/go"]);
});

test("row 140: nothing of the workspace is shown as a tool, nor what contains it: an agent may have changed it", () => {
  for (const path of ["/home/op/project", "/home/op/project/sdk", "/data"]) {
    const planned = planEquipment({
      bottle: { tools: [{ path }] },
      found: { tools: folder(path), caches: {} },
      protectedFolders: [],
      writable: [],
      workspace: path === "/data" ? "/data/project" : "/home/op/project",
    });
    assert.deepEqual(planned.mounts, []);
    assert.match(planned.problems.join(), /the workspace, which an agent may change/);
  }
});

test("a bottle that names no tools gets no mount, no variable and the usual PATH", () => {
  const found = { tools: {}, caches: {} };
  const planned = planEquipment({ bottle: {}, found, protectedFolders: [], writable: [], workspace: "/w" });
  assert.deepEqual(planned, { mounts: [], env: {}, risks: [], problems: [] });
});
