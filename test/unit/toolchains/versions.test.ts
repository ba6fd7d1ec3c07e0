import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { GuestPlace } from "../../../src/core/model/toolchain.ts";
import { sdkman } from "../../../src/core/plan/toolchains/java.ts";
import { nvmDefault, volta } from "../../../src/core/plan/toolchains/javascript.ts";

const INSTALLED = ["v8.17.0", "v18.20.4", "v20.9.0", "v20.11.1", "v22.2.0", "not-a-version"];

for (const [wanted, aliases, version] of [
  ["an exact version", { default: "v20.9.0" }, "v20.9.0"],
  ["the beginning of one: its newest", { default: "20" }, "v20.11.1"],
  ["a minor version, not one that begins alike", { default: "22.2" }, "v22.2.0"],
  ["node: the newest by number, not by letters", { default: "node" }, "v22.2.0"],
  ["a chain of aliases", { default: "lts/*", "lts/*": "lts/hydrogen", "lts/hydrogen": "v18.20.4" }, "v18.20.4"],
  ["a word of the operator", { default: "work", work: "18\n" }, "v18.20.4"],
  ["no default: the newest", {}, "v22.2.0"],
  ["what is not installed", { default: "21" }, null],
  ["a ring of aliases", { default: "a", a: "b", b: "a" }, null],
  ["the system's", { default: "system" }, null],
] as const) {
  test(`nvm's default is ${wanted}`, () => {
    const texts = Object.fromEntries(Object.entries(aliases).map(([name, text]) => [`alias/${name}`, text]));
    assert.equal(nvmDefault(INSTALLED, texts), version);
  });
}

test("whatever an alias says, the answer is an installed version or none", () => {
  const word = fc.oneof(fc.string(), fc.constantFrom("default", "node", "20", "v20.9.0", "../..", "a"));
  fc.assert(
    fc.property(fc.array(word), fc.dictionary(word, word), (installed, aliases) => {
      const texts = Object.fromEntries(Object.entries(aliases).map(([name, text]) => [`alias/${name}`, text]));
      const version = nvmDefault(installed, texts);
      assert.ok(version === null || (installed.includes(version) && /^v\d+\.\d+\.\d+$/.test(version)));
    }),
  );
});

const place = (texts: Record<string, string>, entries: Record<string, string[]> = {}): GuestPlace => ({
  guest: "/t",
  entries,
  texts,
});
const platform = (text: string) => volta.arrange({ volta: place({ "tools/user/platform.json": text }) }, "/home/agent");

test("Volta: the default's own programs, npm and yarn of its choice before those of Node", () => {
  assert.deepEqual(platform('{"node":{"runtime":"20.11.0","npm":"10.1.0"},"pnpm":null,"yarn":"1.22.22"}'), {
    bin: ["/t/tools/image/yarn/1.22.22/bin", "/t/tools/image/npm/10.1.0/bin", "/t/tools/image/node/20.11.0/bin"],
    env: {},
  });
});

test("Volta: a platform file of any content gives folders below its images, or a sentence", () => {
  const json = fc.oneof(
    fc.json(),
    fc.record({ node: fc.record({ runtime: fc.string() }) }).map((value) => JSON.stringify(value)),
    fc.string(),
  );
  fc.assert(
    fc.property(json, (text) => {
      const tool = platform(text);
      if (typeof tool === "string") return;
      for (const folder of tool.bin)
        assert.match(folder, /^\/t\/tools\/image\/(?:node|npm|pnpm|yarn)\/\d[\w.+-]*\/bin$/);
    }),
  );
});

test("SDKMAN: each candidate's current version is on PATH, and JAVA_HOME leads to Java's", () => {
  const entries = { candidates: ["maven", "java", ".tmp"] };
  assert.deepEqual(sdkman.arrange({ sdkman: place({}, entries) }, "/home/agent"), {
    bin: ["/t/candidates/java/current/bin", "/t/candidates/maven/current/bin"],
    env: { JAVA_HOME: "/t/candidates/java/current" },
  });
});
