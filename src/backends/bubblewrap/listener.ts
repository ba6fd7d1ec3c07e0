import type { Server } from "node:net";
import { BottleError } from "../../core/model/errors.ts";
import { startProgram } from "../../host/started-program.ts";
import type { CageMode } from "./cage-arguments.ts";

/*
 * Each of these programs runs inside the bottle's network namespace and nowhere else of it: makes the one listening
 * socket, hands it over on descriptor 3 and ends. A socket belongs to the namespace in which it was made, whoever
 * holds it, so nothing of ours stays inside and the listener is the bottle's identity. The loopback device may not be
 * up yet: asked again until the deadline (seconds since the epoch).
 */

/** Words: port, deadline. */
const NODE_PROGRAM = `
const [port, until] = process.argv.slice(1).map(Number);
const open = () => {
  const server = require("node:net").createServer();
  server.once("error", (error) => {
    if (error.code === "EADDRNOTAVAIL" && Date.now() / 1000 < until) setTimeout(open, 2);
    else process.send({ failed: error.code }, () => process.exit(1));
  });
  server.listen({ port, host: "127.0.0.1", backlog: 511 }, () => process.send("listener", server, () => process.exit(0)));
};
open();
`;

/**
 * The same in a tenth of the time: perl starts in 5 ms, Node in 50. Words: port, deadline, number of sendmsg(2).
 * Speaks Node's own words for a passed server (lib/internal/child_process.js, NODE_HANDLE) with the socket beside them
 * (unix(7), SCM_RIGHTS); the socket must be non-blocking (2048), since Node takes it as it comes.
 */
const PERL_PROGRAM = String.raw`
my ($port, $until, $sendmsg) = @ARGV;
socket(my $s, 2, 1 | 2048, 6) or die "socket: $!\n";
setsockopt($s, 1, 2, pack("i", 1));
my $address = pack("S n a4 x8", 2, $port, "\x7f\0\0\1");
until (bind($s, $address)) { die "bind: $!\n" if $! != 99 || time > $until; select(undef, undef, undef, 0.001) }
listen($s, 511) or die "listen: $!\n";
my $text = "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Server\",\"msg\":\"listener\"}\n";
my $vector = pack("P Q", $text, length $text);
my $control = pack("Q i i i x4", 20, 1, 1, fileno $s);
my $message = pack("Q Q P Q P Q Q", 0, 0, $vector, 1, $control, 24, 0);
syscall($sendmsg, 3, $message, 0) == length $text or die "sendmsg: $!\n";
open(my $channel, "<&=", 3);
sysread($channel, my $answer, 100);
`;
const SENDMSG: Readonly<Record<string, number>> = { x64: 46, arm64: 211 };

/** Every listener must be there by then, even on a machine that is busy with 50 other starts. */
const DEADLINE_MS = 20_000;

export interface ListenerTools {
  readonly nsenter: string;
  readonly node: string;
  readonly perl: string | undefined;
  /** As `process.arch`. */
  readonly arch: string;
}

/**
 * Makes 127.0.0.1:`port` in the network namespace of process `pid` and resolves with it, listening.
 * Rejects with CREATE_FAILED. `abort` ends the attempt.
 */
export async function makeListener(
  tools: ListenerTools,
  mode: CageMode,
  pid: number,
  port: number,
  abort: AbortSignal,
): Promise<Server> {
  // Root has the right already; entering the user namespace would only cost it the way to a Node in somebody's home.
  const user = mode === "root" ? [] : ["-U", "--preserve-credentials"];
  const enter = [tools.nsenter, "-t", String(pid), ...user, "-n", "--"];
  const words = [String(port), String(Math.ceil((Date.now() + DEADLINE_MS) / 1000))];
  const sendmsg = SENDMSG[tools.arch];
  if (tools.perl !== undefined && sendmsg !== undefined) {
    try {
      return await receive([...enter, tools.perl, "-e", PERL_PROGRAM, ...words, String(sendmsg)], abort);
    } catch (error) {
      if (abort.aborted) throw error;
    }
  }
  return receive([...enter, tools.node, "-e", NODE_PROGRAM, ...words], abort);
}

function receive([program = "", ...args]: readonly string[], abort: AbortSignal): Promise<Server> {
  const child = startProgram(program, args, {
    env: {},
    cwd: "/",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    detached: true,
  });
  let words = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    if (words.length < 4096) words += chunk;
  });
  return new Promise<Server>((resolve, reject) => {
    let failed = false;
    const fail = (why: string) => {
      failed = true;
      child.kill("SIGKILL");
      reject(
        new BottleError("CREATE_FAILED", `no listening socket in the bottle: ${why}`, { hint: "run `bottle doctor`" }),
      );
    };
    const timer = setTimeout(() => fail(`nothing came in ${DEADLINE_MS} ms`), DEADLINE_MS);
    const closed = () => fail("the bottle was closed");
    if (abort.aborted) closed();
    abort.addEventListener("abort", closed, { once: true });
    child.on("message", (message, handle) => {
      if (handle === undefined || message !== "listener") fail(JSON.stringify(message));
      // What was on its way when the attempt ended: nobody takes it, and open it would keep this process alive.
      else if (failed) (handle as Server).close();
      else resolve(handle as Server);
    });
    child.once("error", (error) => fail(error.message));
    child.once("close", (code) => {
      clearTimeout(timer);
      abort.removeEventListener("abort", closed);
      fail(`the helper ended with ${code}: ${words.trim().slice(0, 500)}`);
    });
  });
}
