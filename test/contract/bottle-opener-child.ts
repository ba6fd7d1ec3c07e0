/** Another process than the one that launched a bottle: opens it by its record (stdin) and runs a command in it. */
import { text } from "node:stream/consumers";
import type { BottleFolders } from "../../src/backends/backend.ts";
import type { BottleRecord } from "../../src/core/model/bottle-record.ts";
import { gatherFacts } from "../../src/host/facts.ts";
import { contenderOf } from "./contenders.ts";

const { record, folders } = JSON.parse(await text(process.stdin)) as { record: BottleRecord; folders: BottleFolders };
const backend = await contenderOf(process.argv[2] ?? "").load();
const bottle = await backend.open(record, gatherFacts(), folders);
if (bottle === null) console.log(JSON.stringify({ status: "null" }));
else {
  const { code, stdout } = await bottle.exec({ argv: ["/bin/sh", "-c", "cat ~/from-launcher; exit 7"] });
  const status = await bottle.status();
  if (process.argv[3] === "close") await bottle.close();
  console.log(JSON.stringify({ status, code, stdout: stdout.toString() }));
}
process.exit();
