/**
 * A host process of one bottle, for tests that kill it: makes a bottle of the contender in the folders given, with a
 * command and an orphan in it, and tells its handle.
 */
import { Cleanup } from "../../src/host/cleanup.ts";
import { gatherFacts } from "../../src/host/facts.ts";
import { contenderOf } from "../contract/contenders.ts";
import { gatewayOnly } from "../contract/gateway-only.ts";
import { guestFiles, plannedFor } from "./test-bottle.ts";

const [column = "", name = "", home = "", workspace = "", run = ""] = process.argv.slice(2);
const contender = contenderOf(column);
const backend = await contender.load();
const facts = gatherFacts();
console.log("begin");
const cleanup = new Cleanup();
const shell = await backend.create(plannedFor(backend, facts, name, workspace, contender.plan), {
  facts,
  folders: { home, workspace, run },
  cleanup,
  journal: async () => {},
});
await shell.serve(gatewayOnly(name, cleanup));
const bottle = await shell.start(guestFiles({}, shell.guest));
void bottle.exec({ argv: ["/bin/sh", "-c", "setsid sleep 300 & exec sleep 300"] }).catch(() => {});
console.log(JSON.stringify(bottle.handle));
