import { existsSync, lstatSync, realpathSync, rmdirSync } from "node:fs";
import { BottleError } from "../../core/model/errors.ts";
import type { HostFacts } from "../../core/model/host-facts.ts";
import { isErrno } from "../../host/files.ts";
import { identify } from "../../host/process-identity.ts";
import { openCage } from "./cage.ts";
import { FD, namespaceArguments, programArguments } from "./cage-arguments.ts";
import { launchScript } from "./entry-arguments.ts";
import { lookAtHost } from "./host-view.ts";
import { ownerOf, RESERVED_ID } from "./identity.ts";
import { tagOf } from "./survey.ts";
import { entryTools } from "./tools.ts";

const TARGET = "/target";

/**
 * Deletes a folder that an agent has written. Host code never walks such a tree (attack row 143): names, links, depth
 * and modes in it are hostile. A throw-away cage that shows nothing else does; then one rmdir of the empty folder.
 * Idempotent. Rejects with TEARDOWN_INCOMPLETE.
 */
export async function eraseFolder(folder: string, facts: HostFacts): Promise<void> {
  if (!existsSync(folder)) return;
  // Under root the cage may open any mode; an ordinary user's own folders are opened first, from the top.
  const open = facts.uid === 0 ? "" : `chmod -R u+rwX ${TARGET} 2>/dev/null; `;
  const result = await inCage(folder, facts, `${open}exec find ${TARGET} -mindepth 1 -delete`, true);
  try {
    rmdirSync(folder);
  } catch (cause) {
    if (isErrno(cause, "ENOENT")) return;
    throw new BottleError(
      "TEARDOWN_INCOMPLETE",
      `${folder} could not be emptied: ${result.words.trim().slice(0, 500)}`,
      {
        cause,
        hint: "remove it by hand as its owner",
      },
    );
  }
}

/** Size on disk in bytes and number of entries of an agent-written folder; what cannot be read is not counted. */
export async function measureFolder(folder: string, facts: HostFacts): Promise<{ bytes: number; files: number }> {
  const script = `find ${TARGET} -mindepth 1 -xdev -printf '%b\\n' 2>/dev/null | awk '{ n += $1 } END { printf "%.0f %d\\n", n * 512, NR }'`;
  const { output } = await inCage(folder, facts, script, false);
  const found = /^(\d{1,15}) (\d{1,15})\n$/.exec(output);
  if (found === null) throw new BottleError("CREATE_FAILED", `${folder} could not be measured`);
  return { bytes: Number(found[1]), files: Number(found[2]) };
}

/** Runs our own fixed script over `folder` at /target, with the host's programs and no network. */
async function inCage(
  folder: string,
  facts: HostFacts,
  script: string,
  writable: boolean,
): Promise<{ output: string; words: string }> {
  const tools = entryTools(facts);
  const host = identify(process.pid);
  if (host === null || !lstatSync(folder).isDirectory()) {
    throw new BottleError("STATE_UNUSABLE", `${folder} is not a folder`);
  }
  const view = lookAtHost();
  const owner = ownerOf(folder);
  const ids =
    facts.uid === 0
      ? ({ mode: "root", uid: owner?.uid || RESERVED_ID, gid: owner?.gid || RESERVED_ID } as const)
      : ({ mode: "user", uid: facts.uid, gid: facts.gid } as const);
  const cage = await openCage({
    ...ids,
    bwrap: tools.bwrap,
    shell: tools.shell,
    prefix: [],
    prefixEnv: {},
    launch: launchScript({ kind: "none", why: "ours" }, null, [0, 1, 2, FD.args, FD.info, FD.usernsBlock]),
    tag: tagOf("eraser", host),
    arguments: [
      // No code of the agent runs here, so root's cage keeps what opens folders of both of its ids.
      ...namespaceArguments(ids.mode, ["CAP_DAC_OVERRIDE", "CAP_FOWNER"]),
      ...programArguments({
        links: view.links.filter((link) => !link.path.startsWith("/etc/")),
        binds: [],
      }),
      ...view.binds
        .filter((bind) => !bind.guest.startsWith("/etc/"))
        .flatMap((bind) => ["--ro-bind", bind.host, bind.guest]),
      ...["--ro-bind-try", "/etc/alternatives", "/etc/alternatives", "--dev", "/dev"],
      ...[writable ? "--bind" : "--ro-bind", realpathSync(folder), TARGET],
      ...["--chdir", "/", "--remount-ro", "/"],
    ],
    command: ["/bin/sh", "-c", script],
  });
  let output = "";
  cage.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    if (output.length < 4096) output += chunk;
  });
  const drained = new Promise((resolve) => cage.stdout.once("close", resolve));
  await Promise.all([cage.ended, drained]);
  return { output, words: await cage.words() };
}
