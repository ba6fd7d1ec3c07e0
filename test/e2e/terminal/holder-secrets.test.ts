import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { newOperator } from "../../support/operator.ts";
import { openScreen } from "../../support/screen.ts";

/** Files below `folder`, whole. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

test("row 147: no secret of the operator's in environment, arguments or files of what holds a detached agent's terminal", {
  skip: skipWithout("bubblewrap", "perl", "tmux", "script"),
}, async () => {
  using operator = newOperator();
  const secret = ["kept", "out", "of", "tmux", "4711"].join("-");
  operator.writeManifest(
    JSON.stringify({
      bottles: {
        default: {
          credentials: {
            api: { source: { env: "API_TOKEN" }, hosts: ["api.example.com"], scheme: "bearer", variable: "TOKEN" },
          },
        },
      },
    }),
  );
  // One that is declared, one of the operator's own, and one of those that tmux takes over from each client by default.
  const env = { API_TOKEN: secret, OTHER: `${secret}-other`, SSH_AUTH_SOCK: `/${secret}-agent` };
  const script = 'test -n "$TOKEN" && echo in-$((40+2)); read x';
  const started = await operator.bottle(["start", "shell", "-d", "--name", "held", "--", "-c", script], { env });
  assert.equal(started.code, 0, started.stderr);
  using screen = openScreen(operator, 80, 24, env);
  screen.type("bottle attach held; echo code-$?");
  await screen.shows(/^in-42$/m);

  const runtime = join(operator.env.XDG_RUNTIME_DIR ?? "", "bot-bottle");
  const [run = ""] = readdirSync(runtime);
  const socket = join(runtime, run, "tmux.sock");
  const ask = (...args: readonly string[]) =>
    spawnSync("tmux", ["-S", socket, ...args], { encoding: "utf8", env: { LC_CTYPE: "C.UTF-8" } }).stdout;
  const told = [
    ask("show-environment", "-g"),
    ask("show-environment", "-t", "held"),
    ask("show", "-s"),
    ask("show", "-g"),
  ];
  assert.match(told[0] ?? "", /^COLORTERM=truecolor$/m);
  assert.doesNotMatch(told.join("\n"), new RegExp(secret));
  assert.equal(ask("list-windows", "-F", "#{window_index}"), "0\n");

  // The client by its socket, the server and what it runs by the folder, the cage's way in by the tag of the bottle.
  const names: string[] = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "latin1");
      if (!words.includes(runtime) || words.includes("API_TOKEN")) continue;
      names.push(readFileSync(`/proc/${pid}/comm`, "latin1").trim());
      assert.doesNotMatch(`${words}\n${readFileSync(`/proc/${pid}/environ`, "latin1")}`, new RegExp(secret), words);
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
    }
  }
  for (const name of ["tmux: client", "tmux: server", "sh"]) assert.ok(names.includes(name), names.join());
  const record = JSON.parse(
    readFileSync(join(operator.home, ".local/state/bot-bottle/bottles/held/record.json"), "utf8"),
  ) as { host: { pid: number } };
  assert.doesNotMatch(readFileSync(`/proc/${record.host.pid}/environ`, "latin1"), new RegExp(`${secret}(?!-agent)`));
  for (const file of filesBelow(runtime)) assert.doesNotMatch(readFileSync(file, "latin1"), new RegExp(secret), file);

  screen.type("");
  await screen.shows(/code-0/);
  assert.equal((await operator.bottle(["rm", "held"])).code, 0);
});
