import { spawn } from "node:child_process";
import type { Server } from "node:net";
import { BottleError } from "../../core/model/errors.ts";
import type { CageMode } from "./cage-arguments.ts";

/**
 * Runs inside the bottle's network namespace and nowhere else of it: makes the one listening socket, hands it over and
 * ends. A socket belongs to the namespace in which it was made, whoever holds it, so nothing of ours stays inside
 * and the listener is the bottle's identity. The loopback device may not be up yet: asked again until the deadline.
 */
const PROGRAM = `
const [port, until] = process.argv.slice(1).map(Number);
const open = () => {
  const server = require("node:net").createServer();
  server.once("error", (error) => {
    if (error.code === "EADDRNOTAVAIL" && Date.now() < until) setTimeout(open, 2);
    else process.send({ failed: error.code }, () => process.exit(1));
  });
  server.listen({ port, host: "127.0.0.1", backlog: 511 }, () => process.send("listener", server, () => process.exit(0)));
};
open();
`;

/** Every listener must be there by then, even on a machine that is busy with 50 other starts. */
const DEADLINE_MS = 20_000;

/**
 * Makes 127.0.0.1:`port` in the network namespace of process `pid` and resolves with it, listening.
 * Rejects with CREATE_FAILED. `abort` ends the attempt.
 */
export function makeListener(
  tools: { readonly nsenter: string; readonly node: string },
  mode: CageMode,
  pid: number,
  port: number,
  abort: AbortSignal,
): Promise<Server> {
  // Root has the right already; entering the user namespace would only cost it the way to a Node in somebody's home.
  const user = mode === "root" ? [] : ["-U", "--preserve-credentials"];
  const child = spawn(
    tools.nsenter,
    ["-t", String(pid), ...user, "-n", "--", tools.node, "-e", PROGRAM, String(port), String(Date.now() + DEADLINE_MS)],
    { env: {}, cwd: "/", stdio: ["ignore", "ignore", "pipe", "ipc"], detached: true },
  );
  let words = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    if (words.length < 4096) words += chunk;
  });
  return new Promise<Server>((resolve, reject) => {
    const fail = (why: string) => {
      child.kill("SIGKILL");
      reject(
        new BottleError("CREATE_FAILED", `no listening socket in the bottle: ${why}`, { hint: "run `bottle doctor`" }),
      );
    };
    const timer = setTimeout(() => fail(`nothing came in ${DEADLINE_MS} ms`), DEADLINE_MS);
    abort.addEventListener("abort", () => fail("the bottle was closed"), { once: true });
    child.on("message", (message, handle) => {
      if (handle !== undefined && message === "listener") resolve(handle as Server);
      else fail(JSON.stringify(message));
    });
    child.once("error", (error) => fail(error.message));
    child.once("close", (code) => {
      clearTimeout(timer);
      fail(`the helper ended with ${code}: ${words.trim().slice(0, 500)}`);
    });
  });
}
