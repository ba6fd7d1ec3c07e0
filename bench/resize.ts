import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { byteAgent } from "../test/support/byte-agent.ts";
import { programPath } from "../test/support/needs.ts";
import { type BenchOptions, type BenchRow, type BenchSection, milliseconds, spread } from "./measure.ts";

const NEEDS = ["bwrap", "tmux", "script", "perl", "python3"];
const ROUNDS = 20;

/** An operator's terminal that changes its size and waits until the agent inside has printed the new one. */
const TERMINAL = `
import os, sys, fcntl, termios, struct, json, select, time
rounds, words = int(sys.argv[1]), sys.argv[2:]
fd, slave = os.openpty()
size = lambda r, c: fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", r, c, 0, 0))
size(24, 80)
pid = os.fork()
if pid == 0:
    os.close(fd); os.login_tty(slave); os.execv(words[0], words)
os.close(slave)
seen = b""
def until(mark, seconds):
    global seen
    end = time.time() + seconds
    while mark not in seen:
        if time.time() > end: sys.exit("not within %d s: %r in %r" % (seconds, mark, seen[-500:]))
        if select.select([fd], [], [], 0.2)[0]: seen += os.read(fd, 65536)
until(b"size 24x80", 30)
times = []
for n in range(rounds):
    rows, columns = 30 + n, 100 + n
    seen = b""
    began = time.monotonic()
    size(rows, columns)
    until(b"size %dx%d" % (rows, columns), 10)
    times.append((time.monotonic() - began) * 1000)
os.write(fd, b"q")
try:
    while os.read(fd, 65536): pass
except OSError: pass
os.waitpid(pid, 0)
print(json.dumps(times))
`;

/** From a new size of the operator's terminal to the same size printed by a program inside, in the foreground and attached. */
export async function rows({ root, folder }: BenchOptions): Promise<BenchSection> {
  const title = "Resize";
  const missing = NEEDS.filter((name) => programPath(name) === null);
  if (missing.length > 0) return { title, rows: [], notes: [`Missing here: ${missing.join(", ")}.`] };
  const workspace = join(folder, "resize-workspace");
  mkdirSync(workspace);
  const bottle = join(root, "bottle");
  const run = (argv: readonly string[]) => {
    const [program = "", ...args] = argv;
    const env = { ...process.env, TERM: "xterm-256color" };
    const done = spawnSync(program, args, { cwd: workspace, env, encoding: "utf8", timeout: 120_000 });
    if (done.status !== 0) throw new Error(`${argv.slice(0, 4).join(" ")} ended with ${done.status}: ${done.stderr}`);
    return done.stdout;
  };
  const timed = (what: string, ...words: readonly string[]): BenchRow => {
    const python = programPath("python3") ?? "";
    const times = JSON.parse(run([python, "-c", TERMINAL, String(ROUNDS), bottle, ...words])) as number[];
    return { what, value: milliseconds(spread(times)), budget: "1000 ms", n: times.length };
  };
  const here = timed("in the foreground", "start", "shell", "--rm", "--", ...byteAgent());
  run([bottle, "start", "shell", "-d", "--name", "resized", "--", ...byteAgent()]);
  try {
    const away = timed("attached", "attach", "resized");
    return { title, rows: [here, away], notes: ["Until a program inside has seen and printed the new size."] };
  } finally {
    run([bottle, "rm", "--force", "resized"]);
  }
}
