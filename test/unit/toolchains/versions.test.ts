import assert from "node:assert/strict";
import { test } from "node:test";
import type { GuestPlace } from "../../../src/core/model/toolchain.ts";
import { sdkman } from "../../../src/core/plan/toolchains/java.ts";
import { nvmDefault, volta } from "../../../src/core/plan/toolchains/javascript.ts";
import { asdf, mise } from "../../../src/core/plan/toolchains/polyglot.ts";
import fc from "../../support/properties.ts";

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

const INSTALLS = {
  installs: ["node", "golang", "java", "jq", "constructor"],
  "installs/node": ["20.9.0", "20.11.0", "22.1.0"],
  "installs/golang": ["1.22.0"],
  "installs/golang/1.22.0": ["go", "packages"],
  "installs/java": ["temurin-21.0.2"],
  "installs/java/temurin-21.0.2": ["bin"],
  "installs/jq": ["1.7", "1.10"],
  "installs/jq/1.10": ["jq"],
  "installs/node/20.11.0": ["bin"],
  "installs/node/22.1.0": ["bin"],
  "installs/constructor": [],
};

test("asdf: the version of .tool-versions, else the newest by number, and the folder that holds programs", () => {
  const texts = { "~/.tool-versions": "# mine\nnode 20.11.0 22.1.0 # old\n" };
  assert.deepEqual(asdf.arrange({ asdf: place(texts, INSTALLS) }, "/home/agent"), {
    bin: [
      "/t/installs/golang/1.22.0/go/bin",
      "/t/installs/java/temurin-21.0.2/bin",
      "/t/installs/jq/1.10",
      "/t/installs/node/20.11.0/bin",
    ],
    env: { JAVA_HOME: "/t/installs/java/temurin-21.0.2" },
  });
});

for (const [how, line, version] of [
  ["a text", 'node = "22"', "22.1.0"],
  ["a list", 'node = ["20.11.0", "22"]', "20.11.0"],
  ["a table", 'node = { version = "20", postinstall = "x" }', "20.11.0"],
  ["a text in quotes", '"node" = "latest"', "22.1.0"],
] as const) {
  test(`mise: its own file counts before .tool-versions, with the version as ${how}`, () => {
    const config = `[settings]\nnode = "1"\n[tools]\n${line}\n\n[env]\nnode = "2"\n`;
    const texts = { "~/.tool-versions": "node 20.9.0\n", "~/.config/mise/config.toml": config };
    const tool = mise.arrange({ mise: place(texts, INSTALLS) }, "/home/agent");
    assert.ok(typeof tool !== "string");
    assert.ok(
      tool.bin.some((folder) => folder.startsWith(`/t/installs/node/${version}`)),
      tool.bin.join(),
    );
  });
}

test("asdf and mise: whatever their files say, PATH gets folders of installed versions, or there is a sentence", () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom("[tools]\n", "node", " ", "=", '"', "20", "\n", "[", "..", "/") }),
  );
  fc.assert(
    fc.property(text, text, (versions, config) => {
      const texts = { "~/.tool-versions": versions, "~/.config/mise/config.toml": config };
      for (const tool of [asdf, mise]) {
        const arranged = tool.arrange({ [tool.name]: place(texts, INSTALLS) }, "/home/agent");
        assert.ok(typeof arranged !== "string");
        for (const folder of arranged.bin) assert.match(folder, /^\/t\/installs\/[a-z]+\/[\w.+-]+(?:\/go)?(?:\/bin)?$/);
      }
    }),
  );
});
