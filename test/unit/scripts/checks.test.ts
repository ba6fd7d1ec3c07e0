import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { checkCycles, checkLayers, checkPrivateFolders } from "../../../scripts/check/layers.ts";
import { checkProcess, checkPurity, checkReveal } from "../../../scripts/check/purity.ts";
import { checkBarrels, checkNames, checkSizes, MAX_LINES } from "../../../scripts/check/sizes.ts";
import { parse, parsedFiles, repositoryFiles } from "../../../scripts/check/source.ts";
import { checkBackendNames, checkWords } from "../../../scripts/check/words.ts";

/** A made-up tree: path to text. */
const tree = (files: Readonly<Record<string, string>>) =>
  Object.entries(files).map(([path, text]) => parse({ path, text }));

function fails(problems: readonly string[], expected: RegExp) {
  assert.equal(problems.length, 1, problems.join("\n"));
  assert.match(problems[0] ?? "", expected);
}

describe("layers", () => {
  test("an import that points up is a problem, with file and line", () => {
    const files = tree({
      "src/host/exec.ts": '// first\nimport { launch } from "../session/launch.ts";\n',
      "src/session/launch.ts": 'import { run } from "../host/exec.ts";\nexport const launch = run;\n',
    });
    fails(checkLayers(files).problems, /^src\/host\/exec\.ts:2: src\/host must not import src\/session/);
  });

  test("siblings never meet, type imports and dynamic imports count", () => {
    const target = { "src/gateway/gateway.ts": "export const x = 1;\n" };
    fails(
      checkLayers(tree({ ...target, "src/gitgate/gate.ts": 'import type { X } from "../gateway/gateway.ts";\n' }))
        .problems,
      /src\/gitgate must not import src\/gateway/,
    );
    fails(
      checkLayers(tree({ ...target, "src/state/log.ts": 'const x = await import("../gateway/gateway.ts");\n' }))
        .problems,
      /src\/state must not import src\/gateway/,
    );
    fails(
      checkLayers(tree({ ...target, "src/state/log.ts": 'export * from "../gateway/gateway.ts";\n' })).problems,
      /src\/state must not import src\/gateway/,
    );
  });

  test("an import of a missing file, of a test and an unknown room are problems", () => {
    fails(
      checkLayers(tree({ "src/core/a.ts": 'import "./b.ts";' })).problems,
      /src\/core\/b\.ts, which does not exist/,
    );
    fails(checkLayers(tree({ "src/core/a.ts": 'import "../../test/x.ts";' })).problems, /not part of the program/);
    fails(checkLayers(tree({ "src/cellar/a.ts": "" })).problems, /src\/cellar is not a room/);
  });

  test("imports that point down pass and are counted", () => {
    const result = checkLayers(
      tree({ "src/cli/main.ts": 'import { a } from "../core/a.ts";', "src/core/a.ts": "export const a = 1;" }),
    );
    assert.deepEqual(result, { problems: [], seen: "2 files, 1 imports" });
  });

  test("a cycle is reported once, with its path", () => {
    const files = tree({
      "src/core/a.ts": 'import "./b.ts";',
      "src/core/b.ts": 'import "./c.ts";',
      "src/core/c.ts": 'import "./a.ts";',
    });
    fails(checkCycles(files).problems, /src\/core\/a\.ts -> src\/core\/b\.ts -> src\/core\/c\.ts -> src\/core\/a\.ts/);
  });

  test("a private folder is entered only through its door", () => {
    const files = tree({
      "src/gateway/relay.ts": 'import "./relay/head.ts";',
      "src/gateway/relay/head.ts": 'import "./tail.ts";',
      "src/gateway/relay/tail.ts": "",
      "src/gateway/gateway.ts": 'import "./relay/tail.ts";',
    });
    const { problems, seen } = checkPrivateFolders(files);
    fails(
      problems,
      /^src\/gateway\/gateway\.ts:1: src\/gateway\/relay\/tail\.ts is private to src\/gateway\/relay\.ts/,
    );
    assert.equal(seen, "1 private folders");
  });
});

describe("purity", () => {
  const pure = (text: string) => checkPurity(tree({ "src/core/a.ts": text })).problems;

  for (const [text, expected] of [
    ['import { readFileSync } from "node:fs";', /must not import node:fs/],
    ['import { randomBytes } from "node:crypto";', /must not use randomBytes of node:crypto/],
    ['import { createHash, randomUUID as id } from "node:crypto";', /must not use randomUUID of node:crypto/],
    ['import * as crypto from "node:crypto";', /must not use \*/],
    ['import { connect } from "node:net";', /must not use connect of node:net/],
    ['import { inspect } from "node:util";', /must not import node:util/],
    ['import { fetch } from "undici";', /must not import undici/],
    ["export const now = () => Date.now();", /must not use Date\.now/],
    ["export const now = () => new Date();", /must not use new Date\(\)/],
    ["export const home = process.env.HOME;", /must not use process\./],
    ["export const dice = Math.random;", /must not use Math\.random/],
    ["setTimeout(() => {}, 1);", /must not use setTimeout\(/],
    ["export const text = `${process.pid}`;", /must not use process\./],
  ] as const) {
    test(`refuses ${text}`, () => fails(pure(text), expected));
  }

  test("allows what the rooms need, and words in comments, strings and patterns", () => {
    const text = [
      'import { createHash, createHmac } from "node:crypto";',
      'import { BlockList, isIP } from "node:net";',
      'import { z } from "zod";',
      "// Date.now() is the caller's business",
      'export const words = "process.exit and Math.random()";',
      "export const pattern = /process.env/;",
      "export const at = (iso: string) => new Date(iso);",
    ].join("\n");
    assert.deepEqual(pure(text), []);
  });

  test("only programs own their process", () => {
    const text = 'process.on("SIGINT", stop);\nprocess.exit(1);\nconst a = process.argv;\n';
    assert.equal(checkProcess(tree({ "src/host/exec.ts": text })).problems.length, 3);
    assert.equal(checkProcess(tree({ "src/cli/main.ts": text })).problems.length, 0);
  });

  test("a secret is opened only where the list says", () => {
    const files = tree({ "src/session/plan.ts": "const value = secret\n  .reveal();\n" });
    fails(checkReveal(files, []).problems, /^src\/session\/plan\.ts:2: opens a secret/);
    assert.deepEqual(checkReveal(files, ["src/session/plan.ts"]).problems, []);
  });
});

describe("words, names and sizes", () => {
  test("a backend's name outside backends/ is a problem", () => {
    const text = 'if (backend === "docker") run();';
    fails(checkBackendNames(tree({ "src/session/launch.ts": text })).problems, /names the backend "docker"/);
    assert.deepEqual(checkBackendNames(tree({ "src/backends/docker.ts": text })).problems, []);
  });

  for (const [what, text] of [
    ["a marker of unfinished work", `// TO${"DO"}: later`],
    ["another one", `FIX${"ME"}`],
    ["a path of one machine", `cd /wo${"rk"}/main`],
    ["a path in root's home", `cat /ro${"ot"}/.npm/x`],
    ["a registry in a lockfile", `"resolved": "${"http"}s://registry.example"`],
    ["an invisible direction mark", "a\u202eb"],
  ] as const) {
    test(`finds ${what}`, () => {
      fails(checkWords([{ path: "README.md", text: `fine\n${text}\n` }]).problems, /^README\.md:2: /);
    });
  }

  test("finds the checkout's own path", () => {
    const files = [{ path: "README.md", text: "cd /srv/checkouts/mine && npm test\n" }];
    fails(checkWords(files, ["/srv/checkouts/mine"]).problems, /a path of this machine/);
    assert.deepEqual(checkWords(files, ["/srv/checkouts"]).problems.length, 1);
    assert.deepEqual(checkWords(files, ["/srv/checkouts/min"]).problems, []);
  });

  test("plain text has no problem", () => {
    const text = "The workspace is /workspace, the home /home/agent; see mktemp XXXXXX and /rootfs.\n";
    assert.deepEqual(checkWords([{ path: "README.md", text }]).problems, []);
  });

  test("a long file is a problem, the median is told", () => {
    const long = { path: "src/core/long.ts", text: "\n".repeat(MAX_LINES + 1) };
    const short = { path: "src/core/short.ts", text: "\n".repeat(10) };
    const { problems, seen } = checkSizes([long, short, short]);
    fails(problems, /301 lines/);
    assert.equal(seen, "3 files, median 10, longest 301 lines");
  });

  for (const path of [
    "src/core/utils.ts",
    "src/core/model/types.ts",
    "test/helpers/x.ts",
    "src/host/Exec.ts",
    "src/host/string-utils.ts",
  ]) {
    test(`refuses the name ${path}`, () => assert.equal(checkNames([{ path, text: "" }]).problems.length, 1));
  }

  test("a file that only re-exports is a barrel", () => {
    const barrel = '// door\nexport * from "./a.ts";\nexport { b, type C } from "./b.ts";\n';
    fails(checkBarrels(tree({ "src/core/door.ts": barrel })).problems, /barrel/);
    assert.deepEqual(checkBarrels(tree({ "src/core/door.ts": `${barrel}export const d = 1;\n` })).problems, []);
  });
});

describe("the scanner", () => {
  test("comments, strings, templates and patterns hide nothing behind them", () => {
    const text = [
      'const a = "// not a comment"; bad1();',
      "const b = 'it\\'s /* not */ one'; bad2();",
      "const c = `x ${inner({ y: `deep ${bad3()}` })} /* text */`; bad4();",
      "const d = list.map((x) => x / 2) / 3; bad5(); // ' unclosed",
      "const e = /[/\"'`]/.test(s) ? /\\//g : 1 / 2; bad6();",
      "return /`/.exec(s); bad7();",
      "/* ' \" ` */ bad8();",
    ].join("\n");
    const { code } = parse({ path: "a.ts", text });
    assert.equal(code.length, text.length);
    for (let n = 1; n <= 8; n++) assert.ok(code.includes(`bad${n}()`), `bad${n} is lost:\n${code}`);
    assert.doesNotMatch(code, /not|text|unclosed|deep/);
  });

  test("imports over several lines, without names and as types are found", () => {
    const text =
      'import {\n  a, // from "x"\n  type B,\n} from "./a.ts";\nimport "./side.ts";\nexport type { C } from "./c.ts";\n' +
      'type D = import("./d.ts").D;\nconst e = { from: "./not.ts" };\n';
    const { imports } = parse({ path: "src/core/x.ts", text });
    assert.deepEqual(
      imports.map(({ specifier, line }) => [specifier, line]),
      [
        ["./a.ts", 4],
        ["./side.ts", 5],
        ["./c.ts", 6],
        ["./d.ts", 7],
      ],
    );
  });

  test("every import of the real sources is seen", () => {
    const files = parsedFiles(repositoryFiles(join(import.meta.dirname, "../../..")), "src/");
    assert.ok(files.length > 20, `only ${files.length} files`);
    for (const file of files) {
      const naive = file.text
        .match(/^(?:import\b[^(].*|\} from .*|export .* from .*)";$/gm)
        ?.filter((line) => !/^import \{$/.test(line));
      assert.ok(
        file.imports.length >= (naive?.length ?? 0),
        `${file.path}: ${file.imports.length} of ${naive?.length}`,
      );
    }
  });
});
