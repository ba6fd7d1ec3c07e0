import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { NamedFile, ProjectStanding } from "../../../src/core/model/definition.ts";
import { BottleError } from "../../../src/core/model/errors.ts";
import type { FoundSetup } from "../../../src/core/model/setup.ts";
import { refuseUnjudged } from "../../../src/session/judged-files.ts";

const hash = (text: string) => createHash("sha256").update(text).digest("hex");
const origin = { by: "project", file: "/p/bot-bottle.json" } as const;
const wanted = { promptFile: "./prompts//x.md", skills: ["skills/s"], config: [] };

function standing(files: Readonly<Record<string, NamedFile>>): ProjectStanding {
  return { file: origin.file, standing: "untrusted", note: null, changed: [], files };
}

function setup(text: string, mode = 0o644, host = "/p/skills/s/SKILL.md", prompt = "be kind"): FoundSetup {
  const file = { host, path: "SKILL.md", mode, bytes: text.length, sha256: hash(text), suspicious: false };
  return { instructions: prompt, skills: [{ name: "s", from: "/p/skills/s", files: [file] }], git: null, config: null };
}

const judged = standing({
  "skills/s/SKILL.md": { sha256: hash("# skill"), executable: false },
  "prompts/x.md": { sha256: hash("be kind"), executable: false },
});

test("row 141: bytes of a project that were not judged with its manifest do not come in", () => {
  refuseUnjudged({ origin, wanted }, setup("# skill"), judged, "/p");
  const marked = standing({ ...judged.files, "prompts/x.md": { sha256: hash("\uFEFFbe kind"), executable: false } });
  refuseUnjudged({ origin, wanted }, setup("# skill"), marked, "/p");
  for (const found of [
    setup("# evil"),
    setup("# skill", 0o755),
    setup("# skill", 0o644, "/p/skills/s/more.md"),
    setup("# skill", 0o644, "/home/op/.ssh/id"),
    setup("# skill", 0o644, "/p/__proto__"),
    setup("# skill", 0o644, undefined, "be evil"),
  ]) {
    for (const project of [judged, null]) {
      assert.throws(
        () => refuseUnjudged({ origin, wanted }, found, project, "/p"),
        (error) => error instanceof BottleError && error.code === "SOURCE_REFUSED" && /changed/.test(error.message),
      );
    }
  }
});

test("the operator's own skills are their own business", () => {
  const own = { by: "operator", file: "/home/op/.config/bot-bottle/bot-bottle.json" } as const;
  refuseUnjudged({ origin: own, wanted }, setup("# any"), null, "/p");
  refuseUnjudged({ origin: null, wanted }, setup("# any"), null, "/p");
});
