import { spawn } from "node:child_process";
import type { HostCommand } from "../../src/core/model/command.ts";

/**
 * A terminal of 33 rows and 101 columns, as an operator has one: it has its size before the words run on it, types
 * `keys` (`resize ROWS COLUMNS` is none, `by hand KEYS` come one by one), tells what it showed.
 */
const OPERATOR = `
import os, sys, fcntl, termios, struct, json, select, signal, time
keys, end, words = json.loads(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:]
fd, slave = os.openpty()
size = lambda r, c: fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", r, c, 0, 0))
size(33, 101)
pid = os.fork()
if pid == 0:
    os.close(fd)
    os.login_tty(slave)
    os.execv(words[0], words)
os.close(slave)
shown = b""
limit = time.time() + 20
while time.time() < limit:
    if select.select([fd], [], [], 0.05)[0]:
        try: data = os.read(fd, 65536)
        except OSError: break
        if not data: break
        shown += data
    if end and end["after"].encode() in shown:
        if end["by"] == "kill": os.kill(pid, signal.SIGKILL)
        break
    if keys and keys[0][0].encode() in shown:
        after, what = keys.pop(0)
        if what.startswith("resize "): size(*map(int, what.split()[1:]))
        elif what.startswith("by hand "):
            # One after the other: what comes faster than a person types is taken for a paste.
            for key in what[8:]: os.write(fd, key.encode()); time.sleep(0.05)
        else: os.write(fd, what.encode())
else: os.kill(pid, signal.SIGKILL)
os.close(fd)
signal.signal(signal.SIGALRM, lambda *_: os.kill(pid, signal.SIGKILL))
signal.alarm(15)
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(json.dumps({"code": code, "shown": shown.decode(errors="replace")}))
`;

export interface TerminalEnd {
  /** The text that is waited for. */
  readonly after: string;
  /** `kill`: of the process that holds the terminal; `close`: of the window. */
  readonly by: "kill" | "close";
}

/**
 * Runs a framed command on such a terminal. Each key is typed once the text beside it was shown. What does not end by
 * itself or by `end` is killed, which its code tells (-9). Needs `python3` and `script`.
 */
export async function onTerminal(
  { argv, env }: HostCommand,
  keys: readonly (readonly [string, string])[] = [],
  end: TerminalEnd | null = null,
): Promise<{ code: number; shown: string }> {
  const child = spawn("/usr/bin/python3", ["-c", OPERATOR, JSON.stringify(keys), JSON.stringify(end), ...argv], {
    env: { ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  await new Promise((resolve) => child.once("close", resolve));
  return JSON.parse(out) as { code: number; shown: string };
}
