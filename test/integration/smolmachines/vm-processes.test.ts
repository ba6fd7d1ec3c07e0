import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { after, test } from "node:test";
import { bootsMachine, killLine, vmProcesses } from "../../../src/backends/smolmachines/vm-processes.ts";
import { run } from "../../../src/host/exec.ts";
import { eventually } from "../../support/operator.ts";

const folderOf = (name: string) => `/c/smolvm/vms/${createHash("sha256").update(name).digest("hex").slice(0, 16)}`;
const begun: ReturnType<typeof spawn>[] = [];
after(() => {
  for (const child of begun) child.kill("SIGKILL");
});

/** A process with these words, which waits. */
function holding(...words: readonly string[]) {
  const child = spawn("/bin/sh", ["-c", "read -r over", ...words], { stdio: ["pipe", "ignore", "ignore"] });
  begun.push(child);
  return { child, ended: new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal))) };
}

test("the VM of a machine is told by its words, and no other process is taken for it", async () => {
  const name = `bb_cage_${process.pid}`;
  const config = `${folderOf(name)}/boot-config.json`;
  const own = holding("_boot-vm", config);
  const others = [
    holding("_boot-vm", `${folderOf("another")}/boot-config.json`),
    holding("edit", config),
    holding("_boot-vm", `${config}.old`),
    holding(`_boot-vm ${config}`),
  ];
  await eventually("it is seen", () => vmProcesses(name).length > 0);
  assert.deepEqual(
    vmProcesses(name).map(({ pid }) => pid),
    [own.child.pid],
  );
  assert.ok(bootsMachine(["smolvm-bin", "_boot-vm", config], name));
  assert.equal((await run({ argv: ["/bin/sh", "-c", `${killLine(name)}; echo still here`], env: {} })).code, 0);
  assert.equal(await own.ended, "SIGKILL");
  assert.deepEqual(vmProcesses(name), []);
  for (const { child } of others) assert.ok(child.exitCode === null && child.signalCode === null);
  assert.equal((await run({ argv: ["/bin/sh", "-c", killLine(name)], env: {} })).stdout.length, 0);
});
