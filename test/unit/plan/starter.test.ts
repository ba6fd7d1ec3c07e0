import assert from "node:assert/strict";
import { test } from "node:test";
import { providers } from "../../../src/agents/providers.ts";
import { type StarterChoices, starterManifest } from "../../../src/core/plan/starter.ts";
import { layoutOf } from "../../../src/state/layout.ts";
import { draftProblems } from "../../../src/state/manifest-draft.ts";
import { parseManifestText } from "../../../src/state/manifest-text.ts";
import fc from "../../support/properties.ts";

const places = { layout: layoutOf({}, "/nonexistent", 1), workspace: "/nonexistent/p", home: "/nonexistent", uid: 1 };
const problems = (choices: StarterChoices) =>
  draftProblems(choices.by, "/f.json", starterManifest(choices), places, providers);

const host = fc
  .array(fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/), { minLength: 2, maxLength: 4 })
  .map((labels) => labels.join("."));
const choices: fc.Arbitrary<StarterChoices> = fc
  .record({
    by: fc.constantFrom("operator" as const, "project" as const),
    agent: fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/).map((name) => `my-${name}`),
    provider: fc.constantFrom(...Object.keys(providers)),
    bottle: fc.option(fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/).map((name) => `of-${name}`)),
    // Whatever somebody types: quotes, ends of comments, control and bidirectional characters.
    prompt: fc.option(
      fc
        .array(
          fc.oneof(
            fc.constantFrom('"', "\\", "//", "*/", "/*", "\n", "\u2028", "\u202e", "\u001b[2J", "}"),
            fc.string(),
          ),
        )
        .map((parts) => parts.join("").replaceAll("\0", "")),
    ),
    allow: fc.array(
      fc.oneof(
        fc.constantFrom("npm", "pypi"),
        fc
          .tuple(host, fc.option(fc.integer({ min: 1, max: 65_535 }).filter((port) => port !== 853)))
          .map(([name, port]) => (port === null ? name : `${name}:${port}`)),
      ),
      { maxLength: 4 },
    ),
    memory: fc.option(fc.constantFrom("64M", "2G", "1.5G")),
    cpus: fc.option(fc.constantFrom(0.5, 1, 64)),
  })
  .map((choice) => ({ ...choice, bottle: choice.allow.length > 0 ? (choice.bottle ?? "own") : choice.bottle }));

const isPack = (word: string) => !word.includes(".");

test("property: what init writes is sound, and says exactly what was chosen", async () => {
  await fc.assert(
    fc.asyncProperty(choices, async (choice) => {
      assert.deepEqual(await problems(choice), []);
      const text = starterManifest(choice);
      assert.ok(!/[\u0000-\u0009\u000b-\u001f\u007f\u2028\u202e]/.test(text));
      const { value } = parseManifestText("/f.json", text);
      const bottle = {
        egress: {
          rules: choice.allow
            .filter((word) => !isPack(word))
            .map((word) => {
              const [name = "", port] = word.split(":");
              return port === undefined ? { host: name } : { host: name, port: Number(port) };
            }),
          ...(choice.allow.some(isPack) ? { packs: choice.allow.filter(isPack) } : {}),
        },
        ...(choice.memory === null && choice.cpus === null
          ? {}
          : {
              limits: {
                ...(choice.memory === null ? {} : { memory: choice.memory }),
                ...(choice.cpus === null ? {} : { cpus: choice.cpus }),
              },
            }),
      };
      assert.deepEqual(value, {
        ...(choice.bottle === null ? {} : { bottles: { [choice.bottle]: bottle } }),
        agents: {
          [choice.agent ?? ""]: {
            provider: choice.provider,
            ...(choice.bottle === null ? {} : { bottle: choice.bottle }),
            ...(choice.prompt === null ? {} : { prompt: choice.prompt }),
          },
        },
      });
    }),
    { numRuns: 200 },
  );
});

test("every line of it is a comment, or the same file without the comments", () => {
  const choice = { by: "operator", agent: null, provider: "claude", bottle: "default", prompt: null } as const;
  const text = starterManifest({ ...choice, allow: ["a.example.com"], memory: null, cpus: null });
  assert.ok(text.startsWith("// ") && text.endsWith("}\n"));
  // The examples in comments can be switched on.
  const uncommented = text
    .replace(/^( *)\/\/ ("(?:limits|agents|packs)".*|\{ "host".*| {2}"reviewer".*|\},)$/gm, "$1$2")
    .replace(/^ *\/\/.*$/gm, "");
  assert.deepEqual(parseManifestText("/f", uncommented).value, {
    bottles: {
      default: {
        egress: {
          rules: [{ host: "a.example.com" }, { host: "api.example.com", methods: ["GET"], paths: ["/v1/*"] }],
          packs: ["npm"],
        },
        limits: { memory: "4G", cpus: 2 },
      },
    },
    agents: { reviewer: { provider: "claude", prompt: "You review pull requests. Be brief." } },
  });
});
