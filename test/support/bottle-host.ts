/** A host process of one bottle, for tests that kill it: makes the bottle in the folders given and tells its handle. */
import { loadBackend } from "../../src/backends/builtins.ts";
import { Cleanup } from "../../src/host/cleanup.ts";
import { gatherFacts } from "../../src/host/facts.ts";
import { guestFiles, testPlan } from "./test-bottle.ts";

const [name = "", home = "", workspace = "", run = ""] = process.argv.slice(2);
const backend = await loadBackend("bubblewrap");
console.log("begin");
const shell = await backend.create(testPlan(name, workspace), {
  facts: gatherFacts(),
  folders: { home, workspace, run },
  cleanup: new Cleanup(),
  journal: async () => {},
});
await shell.serve(async (listener) => ({ caPem: "", close: async () => void listener.close() }));
const bottle = await shell.start(guestFiles());
void bottle.exec({ argv: ["/bin/sh", "-c", "setsid sleep 300 & exec sleep 300"] }).catch(() => {});
console.log(JSON.stringify(bottle.handle));
