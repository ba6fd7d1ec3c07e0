import assert from "node:assert/strict";
import { test } from "node:test";
import { holderWords } from "../../../src/backends/smolmachines/holder-program.ts";

const PARTS = { way: "socket", rights: "all", tmpBytes: 1, writable: [], links: [], packed: false } as const;
const scriptOf = (shown: readonly string[]) => holderWords({ ...PARTS, shown })[2] ?? "";

test("the agent gets to what is shown below root's home, and that home is left closed where nothing is", () => {
  assert.match(scriptOf(["/opt/agent/claude", "/root/.cargo/bin"]), /^chmod o\+x \/root$/m);
  assert.doesNotMatch(scriptOf(["/opt/agent/claude", "/rooted/bin"]), /chmod o\+x/);
});
