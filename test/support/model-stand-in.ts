import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Scene } from "../../src/demo/script.ts";
import { MODEL_HOST, type StandIn, startStandIn } from "../../src/demo/stand-in.ts";
import { claudeBinary } from "./needs.ts";
import { newOperator, type Operator } from "./operator.ts";

/** What the stand-in takes for the operator's own key. */
const KEY = "sk-ant-api03-made-up-key-for-this-test-0123456789";

/** The real Claude Code with an operator's manifest that leads the model host to the stand-in (a FAKE of the API). */
export async function withModel(
  scenes: readonly Scene[],
  more: object,
  use: (operator: Operator, env: Readonly<Record<string, string>>, standIn: StandIn) => Promise<void>,
): Promise<void> {
  using operator = newOperator();
  const folder = mkdtempSync(join(tmpdir(), "stand-in-"));
  const socketPath = join(folder, "api.sock");
  const standIn = await startStandIn({ socketPath, authorization: `Bearer ${KEY}`, scenes });
  try {
    const ca = join(folder, "ca.pem");
    writeFileSync(ca, standIn.caPem);
    const rules = [{ host: MODEL_HOST, paths: ["/v1/*", "/api/*"], dial: { unix: socketPath, ca } }];
    const bottles = { default: { egress: { rules }, ...more } };
    operator.writeManifest(JSON.stringify({ bottles, agents: { claude: { command: claudeBinary() ?? "" } } }));
    await use(operator, { CLAUDE_CODE_OAUTH_TOKEN: KEY }, standIn);
  } finally {
    await standIn.close();
    rmSync(folder, { recursive: true });
  }
}
