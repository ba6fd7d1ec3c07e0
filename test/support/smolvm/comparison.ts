import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COMMANDS } from "./flag-table.ts";
import { flagsOfHelp, flagWords } from "./help-flags.ts";
import { atLeast } from "./version-order.ts";

export interface Answer {
  readonly call: string;
  readonly answer: string;
}

/** What a `smolvm` shows of itself without a VM. */
export interface Seen {
  /** `X.Y.Z`. */
  readonly release: string;
  /** Options by command, sorted, as `-n/--name VALUE`; null: it has no such command. */
  readonly flags: Readonly<Record<string, readonly string[] | null>>;
  /** What was called, in order, and what came of it: the code, and the line that tells why, or the first one. */
  readonly answers: readonly Answer[];
  /** Of one machine in `ls --json`. */
  readonly keys: readonly string[];
}

/** Commands whose options are looked at: what the driver calls, and what is near to it. */
const LOOKED_AT = [
  ...["create", "start", "stop", "delete", "status", "ls", "exec", "cp"].map((word) => `machine ${word}`),
  "pack create",
];
/** A folder of this name stands for the one that a run was made in. */
const PLACE = "PLACE";
const CALL_MS = 60_000;

/**
 * Calls `program` with a home and folders of its own, for what it answers without a VM: nothing is started, nothing asks
 * a network. `image`: a saved image, read but never run.
 */
export async function see(program: string, image: string): Promise<Seen> {
  const place = mkdtempSync(join(tmpdir(), "see-"));
  for (const name of ["home", "home/data", "home/cache", "home/run", "folder"]) mkdirSync(join(place, name));
  writeFileSync(join(place, "file"), "x\n");
  cpSync(image, join(place, "image.tar"));
  const server = createServer().listen(join(place, "socket"));
  const home = join(place, "home");
  const env = {
    PATH: "/usr/bin:/bin:/usr/sbin:/sbin",
    HOME: home,
    XDG_DATA_HOME: join(home, "data"),
    XDG_CACHE_HOME: join(home, "cache"),
    XDG_RUNTIME_DIR: join(home, "run"),
  };
  const call = (args: readonly string[]) =>
    spawnSync(program, args, { env, encoding: "utf8", input: "", timeout: CALL_MS, cwd: place });
  try {
    const release = /^smolvm (\d+\.\d+\.\d+)/.exec(call(["--version"]).stdout)?.[1];
    if (release === undefined) throw new Error(`${program} is not the smolvm of smol-machines`);
    const flags = Object.fromEntries(
      LOOKED_AT.map((command) => {
        const { status, stdout } = call([...command.split(" "), "--help"]);
        return [command, status === 0 ? flagsOfHelp(stdout).map(flagWords).sort() : null];
      }),
    );
    const answers = callsOf(release).map((line) => {
      const { status, stdout, stderr } = call(line.split(" ").map((word) => word.replace(PLACE, place)));
      const why = /^(?:Error|error): .*$/m.exec(stderr)?.[0];
      const words = why ?? (stdout === "" ? stderr : stdout).split("\n")[0] ?? "";
      return { call: line, answer: `${status ?? "none"} ${words.replaceAll(place, PLACE)}`.trim() };
    });
    const [machine = {}] = JSON.parse(call(["machine", "ls", "--json"]).stdout) as object[];
    return { release, flags, answers, keys: Object.keys(machine).sort() };
  } finally {
    server.close();
    rmSync(place, { recursive: true, force: true });
  }
}

/** Calls that need no VM, one after the other: what a driver meets, and what it must not take for something else. */
function callsOf(release: string): readonly string[] {
  const since = (version: string, ...lines: readonly string[]) => (atLeast(release, version) ? lines : []);
  const named = atLeast(release, "1.0.2") ? "-n " : "";
  // All from a saved image where that is possible: the fake one knows no machine without.
  const image = since("1.1.0", "--image PLACE/image.tar").map((words) => ` ${words}`);
  const make = (name: string, words: string) => `machine create ${named}${name} ${words}`.trim();
  const create = (name: string, words = "") => `${make(name, words)}${image.join("")}`;
  return [
    "machine --help",
    "machine nothing",
    "machine stop -n nobody",
    `machine delete ${named}nobody -f`,
    `machine delete ${named === "" ? "-n " : ""}nobody -f`,
    "machine status -n nobody",
    "machine status -n nobody --json",
    "machine start -n nobody",
    "machine exec --name nobody -- true",
    "machine exec -n nobody -- true",
    "machine exec --name nobody",
    "machine exec --nam nobody -- true",
    create("two--hyphens"),
    create("end-"),
    create("a.dot"),
    create("nothing", "--nothing"),
    create("twice", "--cpus 1 --cpus 2"),
    create("none", "--cpus 0"),
    create("small", "--mem 32"),
    create("file", "-v PLACE/file:/x"),
    create("missing", "-v PLACE/none:/x"),
    create("system", "-v /usr:/x"),
    create("relative", "-v PLACE/folder:x"),
    create("mode", "-v PLACE/folder:/x:no"),
    create("same", "-v PLACE/folder:/x -v PLACE/folder:/x"),
    make("both", "--image PLACE/image.tar --from PLACE/none.smolmachine"),
    make("pack", "--from PLACE/none.smolmachine"),
    ...since("1.1.0", make("tar", "--image PLACE/none.tar"), make("saved", "--image PLACE/image.tar")),
    ...since("1.6.4", create("socket", "--mount-socket PLACE/socket:/run/way/socket")),
    ...since("1.7.3", make("offline", "--image alpine:3")),
    create("one", "-v PLACE/folder:/x:ro --cpus 2 --mem 512"),
    create("one"),
    "machine status -n one",
    "machine stop -n one",
    "machine exec --name one -- true",
    "machine exec --name one -i -- true",
    "machine exec --name one --stream -- true",
    `machine delete ${named}one`,
    "machine status -n one",
    `machine delete ${named}one -f`,
    create("one"),
  ];
}

/** Is it left out of `--help` at this release, though it is taken? */
function isHidden(flag: object, release: string): boolean {
  const { hidden } = flag as { readonly hidden?: string };
  return hidden !== undefined && (hidden === "always" || !atLeast(release, hidden));
}

/** The options that the fake one shows at a release, in the words of `Seen.flags`. */
export function tableFlags(release: string, command: string): readonly string[] | null {
  const during = ({ since, until }: { readonly since?: string; readonly until?: string }) =>
    (since === undefined || atLeast(release, since)) && (until === undefined || !atLeast(release, until));
  const shape = COMMANDS.find((one) => one.words.join(" ") === command && during(one));
  if (shape === undefined) return null;
  const shown = shape.flags
    .filter((flag) => during(flag) && !isHidden(flag, release))
    .map(({ long, short, kind }) => {
      return flagWords({ long, short: short ?? null, value: kind !== "flag" });
    });
  return shown.sort();
}

/** PURE: in what a real one differs from the fake one's table of options, one line each. */
export function flagDifferences({ release, flags }: Pick<Seen, "release" | "flags">): readonly string[] {
  return Object.entries(flags).flatMap(([command, real]) => {
    const table = tableFlags(release, command);
    if (table === null || real === null) {
      return (table === null) === (real === null)
        ? []
        : [`${command}: ${real === null ? "only the fake one has it" : "only the real one has it"}`];
    }
    const [only, lacks] = [real.filter((flag) => !table.includes(flag)), table.filter((flag) => !real.includes(flag))];
    return [
      ...(only.length > 0 ? [`${command}: only the real one has ${only.join(", ")}`] : []),
      ...(lacks.length > 0 ? [`${command}: only the fake one has ${lacks.join(", ")}`] : []),
    ];
  });
}

/** PURE: in what two of one release differ in their answers and in what they list, one line each. */
export function answerDifferences(real: Seen, fake: Seen): readonly string[] {
  const answers = real.answers.flatMap(({ call, answer }, index) => {
    const other = fake.answers[index];
    if (other?.call === call && other.answer === answer) return [];
    return [`${call}\n    real: ${answer}\n    fake: ${other?.answer ?? "was not asked"}`];
  });
  const list = (keys: readonly string[]) => (keys.length === 0 ? "nothing" : keys.join(", "));
  const only = real.keys.filter((key) => !fake.keys.includes(key));
  const more = fake.keys.filter((key) => !real.keys.includes(key));
  const keys =
    only.length + more.length === 0
      ? []
      : [`machine ls --json: only the real one has ${list(only)}; only the fake one has ${list(more)}`];
  return [...answers, ...keys];
}
