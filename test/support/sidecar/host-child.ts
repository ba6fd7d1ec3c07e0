/** A host process of a bottle whose services run in a sidecar; prints the sidecar's pid and ports, and waits to be killed. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { startRemoteServices } from "../../../src/session/remote-services.ts";
import { policyOf } from "../gateway/fixture.ts";
import { NODE_FLAGS } from "../node-flags.ts";

const entry = join(import.meta.dirname, "../../../src/sidecar/main.ts");
let pid = 0;
const services = await startRemoteServices(
  {
    bottle: "one",
    policy: policyOf([{}]),
    secrets: () => Promise.reject(new Error("none")),
    ownAddresses: () => [],
    audit: { append: async () => undefined },
    desk: null,
  },
  {
    listen: { addresses: ["127.0.0.1"], ports: [0] },
    run: async () => {
      const child = spawn(process.execPath, [...NODE_FLAGS, entry], {
        env: { BOT_BOTTLE_SERVICES: "egress" },
        stdio: ["pipe", "pipe", "ignore"],
      });
      pid = child.pid ?? 0;
      const ended = new Promise<{ code: number | null; words: string }>((resolve) => {
        child.once("close", (code) => resolve({ code, words: "" }));
      });
      return { stdin: child.stdin, stdout: child.stdout, ended, kill: () => void child.kill("SIGKILL") };
    },
  },
);
console.log(JSON.stringify({ pid, port: services.ports()[0] }));
setInterval(() => undefined, 60_000);
