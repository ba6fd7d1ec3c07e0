import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { BottleError } from "../../core/model/errors.ts";
import { run } from "../../host/exec.ts";
import { releaseOf, smolvmError } from "./command-line.ts";
import { type Reach, reachCommand } from "./reach.ts";
import { releaseText } from "./versions.ts";

/** The host's loopback as a machine sees it: its own by TSI, and smolvm's gateway from 1.7.2 on. */
const ADDRESSES = ["127.0.0.1", "100.96.0.1"] as const;
const CALL_MS = 20_000;
const ANSWER_MS = 5000;
const ECHO_BYTES = 2048;

/** Words: text, port, addresses. Says the text again, and of each address whether the port was reached in two seconds. */
const LOOK = `use strict; use Socket; use IO::Handle; use Errno;
my ($text, $port, @addresses) = @ARGV; print "$text\\n";
for my $address (@addresses) {
  my $reached = 0;
  if (socket(my $one, AF_INET, SOCK_STREAM, 0)) {
    $one->blocking(0);
    my ($write, $name) = ("", pack_sockaddr_in($port, inet_aton($address)));
    $reached = connect($one, $name);
    vec($write, fileno $one, 1) = 1;
    $reached ||= $!{EINPROGRESS} && select(undef, $write, undef, 2) && unpack("I", getsockopt($one, SOL_SOCKET, SO_ERROR)) == 0;
  }
  print "$address ", ($reached ? "open" : "shut"), "\\n";
}`;

/**
 * Looks into a machine that has come up, before anything of the agent's is there: what is said to a command comes back
 * whole, and a listener of ours on this host's loopback, which answers here, is not reached from inside. Rejects with
 * CREATE_FAILED.
 */
export async function checkMachine(reach: Reach): Promise<void> {
  const which = `smolvm ${releaseText(await releaseOf(reach.smolvm))}`;
  const word = randomBytes(16).toString("hex");
  let callers = 0;
  const server = createServer((socket) => {
    callers += 1;
    socket.on("error", () => {});
    socket.end(word);
  });
  try {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    if ((await answerOf(port)) !== word) {
      throw new BottleError("CREATE_FAILED", "a listener of ours on this host's loopback does not answer on this host");
    }
    const text = randomBytes(ECHO_BYTES).toString("base64");
    const words = ["/usr/bin/perl", "-e", LOOK, "--", text, String(port), ...ADDRESSES];
    const result = await run(reachCommand(reach, false, words), { timeoutMs: CALL_MS });
    if (result.code !== 0) throw smolvmError(result, ["machine", "exec"], "CREATE_FAILED");
    judge(which, text, result.stdout.toString("latin1"), callers > 1);
  } finally {
    server.close();
  }
}

/** PURE: throws CREATE_FAILED for what `LOOK` printed, or for somebody who called the listener meanwhile. */
export function judge(which: string, text: string, printed: string, called: boolean): void {
  const [echo, ...lines] = printed.split("\n");
  const shut = ADDRESSES.map((address) => `${address} shut`);
  if (echo !== text || lines.length !== shut.length + 1 || lines.at(-1) !== "") {
    throw new BottleError("CREATE_FAILED", `${which}: what a command prints does not come back whole`, {
      hint: "install smolvm 1.9.3",
    });
  }
  const reached = ADDRESSES.filter((_, index) => lines[index] !== shut[index]);
  if (reached.length === 0 && !called) return;
  const by = reached.length > 0 ? ` by ${reached.join(" and ")}` : "";
  throw new BottleError(
    "CREATE_FAILED",
    `${which}: the machine, made without a network, reaches this host's loopback${by}`,
    {
      hint: "install smolvm 1.9.3, or use another backend",
    },
  );
}

async function answerOf(port: number): Promise<string> {
  const socket = connect(port, "127.0.0.1").setTimeout(ANSWER_MS, () => socket.destroy());
  let text = "";
  socket.setEncoding("latin1").on("data", (piece: string) => {
    text += piece;
  });
  await once(socket, "close").catch(() => {}); // what did not answer said nothing
  return text;
}
