import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { ownIdentity } from "../src/host/process-identity.ts";
import { layoutOf } from "../src/state/layout.ts";
import { createRecord } from "../src/state/records.ts";
import { programPath } from "../test/support/needs.ts";
import { type BenchOptions, type BenchSection, milliseconds, spread } from "./measure.ts";

const BOTTLES = 50;
const STARTS = 7;
const IDLE_S = 30;

/** A terminal on which a dashboard is opened, watched for a while, and left with q. */
const TERMINAL = `
import os, sys, fcntl, termios, struct, json, select, time
idle, want, words = float(sys.argv[1]), sys.argv[2].encode(), sys.argv[3:]
fd, slave = os.openpty()
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
began = time.monotonic()
pid = os.fork()
if pid == 0:
    os.close(fd); os.login_tty(slave); os.execv(words[0], words)
os.close(slave)
seen = b""
while want not in seen:
    if time.monotonic() - began > 30: sys.exit("no picture: %r" % seen[-500:])
    if select.select([fd], [], [], 0.2)[0]: seen += os.read(fd, 65536)
first = (time.monotonic() - began) * 1000
def drain(seconds):
    end = time.monotonic() + seconds; got = 0
    while time.monotonic() < end:
        if select.select([fd], [], [], 0.2)[0]: got += len(os.read(fd, 65536))
    return got
def cpu():
    fields = open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
share = painted = rss = None
if idle > 0:
    drain(3)
    before, start = cpu(), time.monotonic()
    painted = drain(idle)
    share = 100 * (cpu() - before) / (time.monotonic() - start)
    rss = [int(l.split()[1]) for l in open("/proc/%d/status" % pid) if l.startswith("VmRSS")][0] / 1024
os.write(fd, b"q")
try:
    while os.read(fd, 65536): pass
except OSError: pass
os.waitpid(pid, 0)
print(json.dumps({"first": first, "share": share, "painted": painted, "rss": rss}))
`;

interface Watched {
  readonly first: number;
  readonly share: number | null;
  readonly painted: number | null;
  readonly rss: number | null;
}

/** From \`bottle\` to the first picture of the list, and what a dashboard at rest takes; the bottles are records alone. */
export async function rows({ root, folder, say }: BenchOptions): Promise<BenchSection> {
  const title = "Dashboard";
  const python = programPath("python3");
  if (python === null) return { title, rows: [], notes: ["Missing here: python3."] };
  const uid = process.getuid?.() ?? 0;
  const layout = layoutOf(process.env, homedir(), uid);
  mkdirSync(join(folder, "dashboard"));
  for (let at = 0; at < BOTTLES; at++) {
    const name = `bench-${String(at).padStart(2, "0")}`;
    await createRecord(
      layout,
      {
        ...{ schema: 1, name, agent: "claude", provider: "claude-code", backend: "none", phase: "running" },
        ...{ createdAt: new Date().toISOString(), endedAt: null, exitCode: null, host: ownIdentity() },
        ...{ run: join(folder, "run", name), handle: null, labels: {}, auditHead: null },
        workspace: { mode: "copy", host: join(folder, "dashboard") },
      },
      uid,
    );
  }
  const open = (seconds: number): Watched => {
    const words = ["-c", TERMINAL, String(seconds), `${BOTTLES} bottles`, join(root, "bottle"), "dashboard"];
    const env = { ...process.env, TERM: "xterm-256color" };
    const done = spawnSync(python, words, { env, encoding: "utf8", timeout: 120_000 });
    if (done.status !== 0) throw new Error(`the dashboard did not open: ${done.stderr}`);
    return JSON.parse(done.stdout) as Watched;
  };
  open(0);
  const first = spread(Array.from({ length: STARTS }, () => open(0).first));
  say(`idle for ${IDLE_S} s`);
  const idle = open(IDLE_S);
  return {
    title,
    rows: [
      { what: `from the command to the list of ${BOTTLES} bottles`, value: milliseconds(first), n: STARTS },
      {
        what: `cpu at rest with ${BOTTLES} running bottles`,
        value: `${(idle.share ?? Number.NaN).toFixed(2)} % of one core`,
        budget: "1 %",
        n: 1,
      },
      { what: "memory (RSS)", value: `${(idle.rss ?? Number.NaN).toFixed(0)} MiB`, n: 1 },
      { what: `written to the terminal in ${IDLE_S} s at rest`, value: `${idle.painted ?? 0} bytes`, n: 1 },
    ],
    notes: [
      "The bottles are records alone, whose host process is this benchmark; their files are looked at as those of real ones.",
    ],
  };
}
