import { join } from "node:path";
import type { HostCommand } from "../../core/model/command.ts";
import { BottleError, type ErrorCode } from "../../core/model/errors.ts";
import { printable } from "../../core/wire/printable.ts";
import { type RunOptions, type RunResult, run } from "../../host/exec.ts";
import { findTool } from "../../host/facts.ts";
import { missingOption, neededOptions } from "./help-text.ts";
import { mannerOf } from "./manner.ts";
import { NEWEST_KNOWN, OLDEST_KNOWN, type Release, reaches, readRelease, releaseText } from "./versions.ts";

/** The command line of smol-machines: its program and the whole environment that it gets. */
export interface Smolvm {
  /** Absolute path. */
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Names the program where it is not in a system folder or in `~/.local/bin`. */
export const PROGRAM_VARIABLE = "BOT_BOTTLE_SMOLVM";

/**
 * Where its machines are kept, its guest's files, and its libraries where no wrapper names them. Nothing else: a proxy of
 * the operator's would be used for pulls.
 */
const PASSED = [
  ...["HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"],
  ...["SMOLVM_AGENT_ROOTFS", "SMOLVM_LIB_DIR"],
] as const;
/**
 * Its warnings would stand among what a command in the machine says on stderr (src/main.rs of smolvm: level warn). And as root it
 * would run each VM as a user of its own from 1.2.5 on (src/process.rs, vm_uid_drop_active), who may enter none of the folders
 * that a bottle's machine shows.
 */
const SET = {
  PATH: "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
  RUST_LOG: "off",
  SMOLVM_VM_UID_DROP: "off",
} as const;
const CALL_MS = 60_000;
/** From here on a code is none of the program's own: it could not be run, or was killed. */
const NO_ANSWER = 126;

type Env = Readonly<Record<string, string | undefined>>;

/** The program that the operator's environment names, or that is installed; null where there is none. */
export function smolvmIn(env: Env): Smolvm | null {
  const named = env[PROGRAM_VARIABLE];
  const home = env.HOME;
  const program =
    named?.startsWith("/") === true
      ? named
      : (findTool("smolvm") ??
        (home?.startsWith("/") === true ? findTool("smolvm", [join(home, ".local/bin")]) : null));
  if (program === null) return null;
  const passed = PASSED.flatMap((name) => {
    const value = env[name];
    return value === undefined || value === "" ? [] : [[name, value] as const];
  });
  return { program, env: { ...SET, ...Object.fromEntries(passed) } };
}

/** PURE: a call as a host command. */
function smolvmCommand(smolvm: Smolvm, args: readonly string[]): HostCommand {
  return { argv: [smolvm.program, ...args], env: smolvm.env };
}

/** Calls it and answers whatever it said; an exit code is data. Killed after `timeoutMs` (default one minute). */
export function ask(smolvm: Smolvm, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return run(smolvmCommand(smolvm, args), { timeoutMs: CALL_MS, ...options });
}

/** As `ask`, for calls that must succeed; resolves with stdout. Rejects with HOST_UNFIT or `code`. */
export async function call(
  smolvm: Smolvm,
  args: readonly string[],
  { code = "CREATE_FAILED", ...options }: RunOptions & { readonly code?: ErrorCode } = {},
): Promise<string> {
  const result = await ask(smolvm, args, options);
  if (result.code === 0) return result.stdout.toString("utf8");
  throw smolvmError(result, args, code);
}

/** What a failed call amounts to. It ends with 1 and one line `Error: ...`, or with 2 for words that it does not know. */
export function smolvmError(
  result: { readonly stderr: Buffer; readonly code: number; readonly timedOut: boolean },
  args: readonly string[],
  code: ErrorCode,
): BottleError {
  const text = result.stderr.toString("utf8");
  const said = /^(?:Error|error): (.*)$/m.exec(text)?.[1] ?? text.trim().split("\n").at(-1) ?? "";
  const words = args.slice(0, 2).filter((word) => /^[a-z]+$/.test(word));
  const kvm = /kvm (?:not available|permission denied)/i.test(said);
  const ended = said === "" ? `it ended with ${result.code} and said nothing` : printable(said).slice(0, 500);
  const why = result.timedOut ? "it did not answer in time" : ended;
  return new BottleError(kvm ? "HOST_UNFIT" : code, `smolvm ${words.join(" ")}: ${why}`, {
    ...(kvm && { hint: "use a machine with KVM, and join the group that may use /dev/kvm (usermod -aG kvm USER)" }),
    facts: { code: result.code },
  });
}

const releases = new Map<string, Promise<Release>>();

/**
 * The release of the program, asked once. Rejects with HOST_UNFIT for what is none of smol-machines': another product has
 * a command of the same name.
 */
export function releaseOf(smolvm: Smolvm): Promise<Release> {
  const known = releases.get(smolvm.program);
  if (known !== undefined) return known;
  const asked = askRelease(smolvm);
  releases.set(smolvm.program, asked);
  asked.catch(() => releases.delete(smolvm.program));
  return asked;
}

/** It may be another one by now: the next one who needs it asks again. */
export function forgetRelease({ program }: Smolvm): void {
  releases.delete(program);
}

async function askRelease(smolvm: Smolvm): Promise<Release> {
  const [version, help] = await Promise.all([ask(smolvm, ["--version"]), ask(smolvm, ["machine", "--help"])]);
  const release = version.code === 0 ? readRelease(version.stdout.toString("latin1")) : null;
  if (release !== null && help.code === 0) return release;
  // As one that lacks a library of its own: machines of ours may run all the same.
  if (version.code >= NO_ANSWER) throw smolvmError(version, ["--version"], "HOST_UNFIT");
  throw new BottleError("HOST_UNFIT", `${smolvm.program} is not the smolvm of smol-machines`, {
    hint: `install smolvm of smol-machines, or name it with ${PROGRAM_VARIABLE}`,
    facts: { finding: "smolvm-other" },
  });
}

/** False for another product's command of the same name. Rejects when it cannot be asked. */
export async function isOurs(smolvm: Smolvm): Promise<boolean> {
  try {
    await releaseOf(smolvm);
    return true;
  } catch (error) {
    if (error instanceof BottleError && error.facts?.finding === "smolvm-other") return false;
    throw error;
  }
}

/** The program of this machine, fit to make bottles. Rejects with HOST_UNFIT and what to install. */
export async function smolvmHere(env: Env = process.env): Promise<Smolvm> {
  const smolvm = smolvmIn(env);
  if (smolvm === null) {
    throw new BottleError("HOST_UNFIT", "smolvm is not installed", {
      hint: `install smolvm of smol-machines, or name it with ${PROGRAM_VARIABLE}`,
      facts: { finding: "smolvm-missing" },
    });
  }
  const release = await releaseOf(smolvm);
  if (!reaches(release, OLDEST_KNOWN)) {
    const oldest = releaseText(OLDEST_KNOWN);
    throw new BottleError("HOST_UNFIT", `smolvm ${releaseText(release)} is older than ${oldest}, the first known one`, {
      hint: `install smolvm ${releaseText(NEWEST_KNOWN)}, or any from ${oldest} on`,
      facts: { finding: "smolvm-old" },
    });
  }
  await checkNewer(smolvm, release);
  return smolvm;
}

const looked = new Map<string, Promise<string | null>>();

/** Rejects with HOST_UNFIT for a release that nobody has looked at and that does not know an option of ours. */
async function checkNewer(smolvm: Smolvm, release: Release): Promise<void> {
  if (reaches(NEWEST_KNOWN, release)) return;
  const look = looked.get(smolvm.program) ?? lookForOptions(smolvm, release);
  looked.set(smolvm.program, look);
  look.catch(() => looked.delete(smolvm.program));
  const missing = await look;
  if (missing === null) return;
  throw new BottleError("HOST_UNFIT", `smolvm ${releaseText(release)} does not know \`${missing}\``, {
    hint: `install smolvm ${releaseText(NEWEST_KNOWN)}, the newest one that was looked at`,
    facts: { finding: "smolvm-unknown" },
  });
}

async function lookForOptions(smolvm: Smolvm, release: Release): Promise<string | null> {
  const needs = neededOptions(mannerOf(release));
  const help = async (command: string) => {
    const { code, stdout } = await ask(smolvm, [...command.split(" "), "--help"]);
    return [command, code === 0 ? stdout.toString("utf8") : ""] as const;
  };
  return missingOption(needs, new Map(await Promise.all([...needs.keys()].map(help))));
}
