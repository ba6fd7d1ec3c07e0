import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { manualPages, roff } from "../../../scripts/man.ts";
import { manualOf } from "../../../src/cli/manual.ts";
import { manualText } from "../../../src/cli/manual-text.ts";
import { parse } from "../../../src/cli/parse.ts";
import type { Verb } from "../../../src/cli/verb.ts";
import { verbs } from "../../../src/cli/verbs.ts";
import { ERROR_PAGES } from "../../../src/core/model/error-pages.ts";
import { ERROR_CODES } from "../../../src/core/model/errors.ts";
import { skipWithout } from "../../support/needs.ts";
import fc from "../../support/properties.ts";

const shown = verbs.filter(({ hidden }) => hidden !== true);
const version = async () => "1.2.3";

async function printed(...argv: string[]): Promise<string> {
  const call = await parse(argv, version);
  assert.ok(call.kind === "print" && call.exitCode === 0 && !call.toStderr, argv.join(" "));
  return call.text;
}

/** Words of an example as a shell reads them: quotes, no expansion. */
function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? "",
  );
}

test("every verb has a manual with all its options, and help and --help print it", async () => {
  for (const verb of shown) {
    const text = await printed("help", verb.name);
    assert.equal(await printed(verb.name, "--help"), text, verb.name);
    for (const title of ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "EXAMPLES", "SEE ALSO"])
      assert.match(text, new RegExp(`^${title}$`, "m"), `${verb.name}: ${title}`);
    for (const { flags } of verb.options) assert.ok(text.includes(`    ${flags}`), `${verb.name} ${flags}`);
    for (const alias of verb.aliases) assert.equal(await printed("help", alias), text);
  }
});

test("every example of a manual is one that the parser takes", async () => {
  for (const verb of shown) {
    assert.ok(verb.examples.length > 0, verb.name);
    for (const example of verb.examples) {
      // What stands before and after a pipe or redirection is for other programs.
      const own = example.split(/[|<>]/).find((part) => part.trim().startsWith("bottle ")) ?? "";
      const call = await parse(words(own).slice(1), version);
      assert.ok(call.kind === "verb" && call.verb.name === verb.name, example);
    }
  }
});

test("what a manual points to exists, and every verb can be found by its name or alias only once", () => {
  const names = verbs.flatMap(({ name, aliases }) => [name, ...aliases]);
  assert.deepEqual([...new Set(names)], names);
  for (const { name, seeAlso = [] } of shown) {
    assert.ok(seeAlso.length > 0 || name === "completion", `${name} names no other verb`);
    for (const other of seeAlso)
      assert.ok(
        shown.some((verb) => verb.name === other),
        `${name}: see ${other}`,
      );
    assert.ok(!seeAlso.includes(name), name);
  }
});

test("a manual keeps to the width of the terminal, and holds nothing but text", () => {
  for (const width of [60, 80, 100]) {
    for (const verb of shown) {
      const lines = manualText(manualOf({ ...verb, examples: [], usage: "" }), width).split("\n");
      const long = lines.filter((line) => line.length > width && line.trim().includes(" "));
      assert.deepEqual(long, [], verb.name);
      assert.ok(!lines.some((line) => /[^\x20-\x7e]/.test(line)), verb.name);
    }
  }
});

test("every error code has a page with causes and remedies, and bottle help CODE prints it", async () => {
  assert.deepEqual(Object.keys(ERROR_PAGES).sort(), Object.keys(ERROR_CODES).sort());
  for (const [code, page] of Object.entries(ERROR_PAGES)) {
    assert.ok(page.causes.length > 0 && page.mend.length > 0, code);
    assert.ok(page.example[0]?.startsWith("bottle: ") && page.example[0].includes(`[${code}]`), code);
    const text = await printed("help", code);
    for (const words of [...page.causes, ...page.mend]) assert.ok(text.includes(words.split(/[ `]/)[0] ?? "?"), code);
  }
});

test("the help of all verbs is printed without loading a verb, zod or undici", () => {
  const script = `
    import { registerHooks } from "node:module";
    const seen = [];
    registerHooks({ resolve(name, context, next) { const it = next(name, context); seen.push(it.url); return it; } });
    const { parse } = await import(${JSON.stringify(new URL("../../../src/cli/parse.ts", import.meta.url).href)});
    for (const words of [["--help"], ["help", "start"], ["start", "--help"]]) await parse(words, async () => "1");
    console.log(JSON.stringify(seen));`;
  const ran = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  assert.equal(ran.status, 0, ran.stderr);
  const seen: string[] = JSON.parse(ran.stdout);
  assert.ok(seen.some((url) => url.includes("commander")));
  const heavy = seen.filter((url) => /zod|undici|jsonc|src\/(session|gateway|state|backends)\//.test(url));
  assert.deepEqual(heavy, []);
});

test("there is a manual page for the command and for each verb", () => {
  const pages = manualPages("1.2.3");
  assert.deepEqual(
    pages.map(({ path }) => path),
    ["man/bottle.1", ...shown.map(({ name }) => `man/bottle-${name}.1`)],
  );
});

/** What groff makes of a page, as a reader sees it; fails on any warning. */
function rendered(page: string): string {
  const args = ["-man", "-ww", "-Tutf8", "-P-c", "-P-b", "-P-u", "-rLL=400n"];
  const ran = spawnSync("groff", args, { input: page, encoding: "utf8", env: { ...process.env, LC_ALL: "C.UTF-8" } });
  assert.equal(ran.status, 0, ran.stderr);
  assert.equal(ran.stderr, "");
  return ran.stdout;
}

test("groff reads every manual page without a warning, and shows every option", { skip: skipWithout("groff") }, () => {
  for (const verb of shown) {
    const text = rendered(roff(manualOf(verb), "1.2.3"));
    for (const { flags } of verb.options) assert.ok(text.includes(flags), `${verb.name} ${flags}`);
    for (const example of verb.examples) assert.ok(text.includes(example), example);
  }
});

test("no text of a verb becomes a request of roff", { skip: skipWithout("groff") }, () => {
  const printableAscii = fc.string({
    unit: fc.constantFrom(..."abz.'\\\"-`^~[](){}*$%#&@!?/:;,=+<>|_09".split("")),
    minLength: 1,
    maxLength: 30,
  });
  fc.assert(
    fc.property(printableAscii, printableAscii, (term, meaning) => {
      const verb: Verb = {
        name: "x",
        aliases: [],
        summary: meaning,
        usage: "",
        options: [{ flags: term, summary: meaning }],
        details: meaning,
        examples: [term],
        load: () => Promise.reject(new Error("not called")),
      };
      const text = rendered(roff(manualOf(verb), "1"));
      assert.equal(text.split(meaning).length >= 4, true, `${meaning} in ${text}`);
      assert.ok(text.includes(term), term);
    }),
    {
      numRuns: 40,
      examples: [
        [".so /etc/passwd", "'br"],
        ["\\fB\\s0", ".sh x"],
        ['"\\"', "--a -- `b`"],
      ],
    },
  );
});
