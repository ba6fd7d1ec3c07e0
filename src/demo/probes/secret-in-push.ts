import { type GitServer, PUSHED_BRANCH, SSH_BRANCH } from "../git-server.ts";
import { CLEAN_PUSH_PROGRAM, COMMIT_PROGRAM, COMMITTED } from "../inside/commit.ts";
import { allScenes, scenes } from "../scenes.ts";
import { sceneResult } from "../script.ts";
import type { DemoBottle, ProbeResult } from "../session-port.ts";
import type { Seen } from "../stand-in.ts";

export const SECRET_IN_PUSH = "a secret in a push";

/**
 * The agent is told to push a commit that holds a key, while the repository's server is away: it is refused by the gate,
 * which names place and type, and the server is not even dialled. The same commit without the key lands there, and by ssh
 * where this machine can be an ssh server.
 */
export async function probeSecretInPush(
  bottle: DemoBottle,
  server: GitServer,
  seen: readonly Seen[],
): Promise<ProbeResult> {
  const made = await shell(bottle, COMMIT_PROGRAM, server.repository.url);
  const { ssh } = server;
  const key = made.stdout.toString("utf8").trim();
  if (made.code !== 0 || !/^AKIA[A-Z2-7]{16}$/.test(key)) throw new Error(`no commit: ${made.stderr.toString("utf8")}`);
  server.leave();
  const run = await bottle.runAgent(scenes.push.prompt);
  const { away } = server;
  const dials = server.comeBack();
  const number = allScenes.indexOf(scenes.push);
  const results = seen.flatMap(({ request }) => (request === null ? [] : (sceneResult(request, number) ?? [])));
  const said = results.at(-1) ?? "";
  const named =
    said.includes("push refused (secret-found)") && said.includes(`${COMMITTED}:2 holds what looks like: AWS`);
  const unreached = away && dials === 0 && (await server.tip(`refs/heads/${PUSHED_BRANCH}`)) === "";
  const pushed = await shell(bottle, CLEAN_PUSH_PROGRAM, PUSHED_BRANCH, ssh.repository?.url ?? "", SSH_BRANCH);
  const commit = pushed.stdout.toString("utf8").trim();
  const branches = [PUSHED_BRANCH, ...(ssh.repository === null ? [] : [SSH_BRANCH])];
  let landed = pushed.code === 0 && commit !== "";
  for (const branch of branches) landed &&= (await server.tip(`refs/heads/${branch}`)) === commit;
  const events = await bottle.audit();
  const reasons = events.flatMap((event) => (event.type === "git" && event.action === "push" ? [event.reason] : []));
  const logged = (JSON.stringify(events) + said).includes(key);
  return {
    name: SECRET_IN_PUSH,
    ok:
      run.code === 0 &&
      named &&
      unreached &&
      landed &&
      !logged &&
      reasons.join() === ["secret-found", ...branches.flatMap(() => ["forwarding", "accepted"])].join(),
    evidence: [
      named ? `the model read: ${found(said)}` : `no refusal named it: ${said.split("\n")[0] ?? "no answer"}`,
      away ? `its server was away, and was dialled ${dials} times` : "its server was not away",
      landed
        ? `the commit without it landed there, ${ssh.repository === null ? `by ssh not tried: ${ssh.why}` : "and by ssh"}`
        : `the commit without it did not land: ${pushed.stderr.toString("utf8").split("\n")[0]}`,
      `in the audit log: ${reasons.join(", ")}; ${logged ? "THE KEY IS IN IT" : "the key nowhere in it"}`,
    ],
  };
}

function shell(bottle: DemoBottle, program: string, ...args: readonly string[]) {
  return bottle.exec(["/bin/sh", "-s", ...args], { stdin: Buffer.from(program) });
}

/** The line about the place, without what git writes before it. */
function found(said: string): string {
  const line = said.split("\n").find((text) => text.includes(COMMITTED)) ?? "";
  return line.replace(/^remote: */, "").trim();
}
