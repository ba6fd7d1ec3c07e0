import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readProcess } from "../../../src/host/process-identity.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator } from "../../support/operator.ts";
import { openScreen } from "../../support/screen.ts";

const skip = skipWithout("bubblewrap", "perl", "tmux", "script");

/** An agent that says its size at the start and at every change. */
const SIZES = `say() { echo size-$(stty size | tr " " x); }
trap say WINCH
say
while :; do sleep 0.05; done
`;

test("row 138: size right from the first frame, a resize is seen, Ctrl-C reaches only the agent, its code is ours", {
  skip,
}, async () => {
  using operator = newOperator();
  using screen = openScreen(operator, 100, 30);
  writeFileSync(join(operator.workspace, "sizes.sh"), SIZES);
  screen.type("bottle start shell --rm -- sizes.sh; echo code-$?");
  await screen.shows(/^size-30x100$/m);
  screen.tmux("resize-window", "-x", "72", "-y", "20");
  await screen.shows(/^size-20x72$/m);
  screen.tmux("send-keys", "C-c");
  await screen.shows(/^code-130$/m);
});

test("the terminal is as before after a normal end, SIGTERM and SIGKILL of the client", { skip }, async () => {
  using operator = newOperator();
  using screen = openScreen(operator, 100, 30);
  screen.type("stty -a | md5sum > before; echo ready");
  await screen.shows(/^ready$/m);
  for (const [n, signal] of ["none", "TERM", "KILL"].entries()) {
    const end = signal === "none" ? "exit 0" : "sleep 600.375";
    screen.type(
      `bottle start shell --name t${n} -- -c 'stty raw -echo; printf "\\033[?1049h\\033[?25l"; echo in-$((${n}+40)); ${end}'; until stty -a | md5sum | cmp -s - before; do sleep 0.05; done; echo same-$((${n}+50))`,
    );
    if (signal !== "none") {
      await screen.shows(new RegExp(`in-${n + 40}`));
      const pid = await eventually("the host process", () => pidOf(`--name\0t${n}\0`));
      process.kill(pid, `SIG${signal}`);
    }
    await screen.shows(new RegExp(`same-${n + 50}`));
    screen.type("clear");
  }
  assert.equal((await operator.bottle(["prune"])).code, 0);
  assert.equal((await operator.bottle(["prune", "--all"])).code, 0);
});

test("logs of a run on a terminal are what the agent showed, with no word of the command that entered", {
  skip,
}, async () => {
  using operator = newOperator();
  using screen = openScreen(operator, 100, 30);
  screen.type("bottle start shell --name talker -- -c 'echo first; echo Script done; exit 4'; echo code-$?");
  await screen.shows(/^code-4$/m);
  assert.equal((await operator.bottle(["logs", "talker"])).stdout, "first\nScript done\n");
  assert.equal((await operator.bottle(["logs", "talker", "--raw"])).stdout.startsWith("first\r\n"), true);
  assert.equal((await operator.bottle(["rm", "talker"])).code, 0);
});

test("exec -t has a terminal of its own, with its size and exit code", { skip }, async () => {
  using operator = newOperator();
  using screen = openScreen(operator, 90, 25);
  const agent = operator.spawn(["start", "shell", "--name", "host", "-p", "sleep 600.625"]);
  const ended = new Promise((resolve) => agent.once("close", resolve));
  try {
    await eventually("it runs", async () => (await operator.bottle(["ls", "--running"])).stdout.includes("host"));
    screen.type("bottle exec -it host -- sh -c 'stty size; exit 9'; echo code-$?");
    await screen.shows(/^25 90$/m);
    await screen.shows(/^code-9$/m);
  } finally {
    agent.kill("SIGTERM");
    await ended;
  }
});

/** The process whose arguments hold `mark`, with the NULs between them; a child that it has just forked has them too. */
function pidOf(mark: string): number | null {
  const found = readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      return words.includes(mark) && words.includes("main.ts") ? [Number(pid)] : [];
    } catch {
      // It has ended.
      return [];
    }
  });
  return found.find((pid) => !found.includes(readProcess(pid)?.parent ?? 0)) ?? null;
}
