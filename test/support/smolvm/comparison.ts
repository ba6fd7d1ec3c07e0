import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { flagText } from "./flag.ts";
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
  /** Options by command, sorted, as `-n/--name <NAME>`; null: it has no such command. */
  readonly flags: Readonly<Record<string, readonly string[] | null>>;
  /** What was called, in order, and what came of it: the code and all that it said; of clap's pages the first line. */
  readonly answers: readonly Answer[];
  /** A machine in `ls --json`, one that was made and not started. */
  readonly machine: Readonly<Record<string, unknown>>;
}

/** Commands whose options are looked at: what the driver calls, and what is near to it. */
const LOOKED_AT = [
  ...["create", "start", "stop", "delete", "status", "ls", "exec", "cp", "update", "data-dir"].map(
    (word) => `machine ${word}`,
  ),
  "pack create",
];
/** A folder of this name stands for the one that a run was made in. */
const PLACE = "PLACE";
const CALL_MS = 60_000;
const DIGEST = /\b[0-9a-f]{64}\b/g;
const TIME = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g;

type Machine = Readonly<Record<string, unknown>>;

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
      const said = status === 2 ? stderr : `${stderr}${stdout}`;
      const words = status === 2 || line.endsWith("--help") ? said.split("\n")[0] : said;
      const answer = `${status ?? "none"} ${(words ?? "").replaceAll(place, PLACE)}`;
      return { call: line, answer: answer.replaceAll(DIGEST, "DIGEST").replaceAll(TIME, "TIME").trim() };
    });
    const [machine] = JSON.parse(call(["machine", "ls", "--json"]).stdout.replaceAll(DIGEST, "DIGEST")) as Machine[];
    return { release, flags, answers, machine: { ...machine, created_at: typeof machine?.created_at } };
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
  const remove = (name: string) => `machine delete ${named}${name} -f`;
  const update = (words: string) => `machine update ${named}one ${words}`.trim();
  return [
    "machine --help",
    "machine nothing",
    "machine ls",
    "machine ls --json",
    "machine stop",
    "machine stop -n nobody",
    remove("nobody"),
    `machine delete ${named === "" ? "-n " : ""}nobody -f`,
    "machine delete -f",
    "machine status",
    "machine status -n nobody",
    "machine status -n nobody --json",
    "machine start -n nobody",
    "machine start -n",
    "machine start -n --json",
    "machine start -n --proxy",
    "machine exec -- true",
    "machine exec --name nobody -- true",
    "machine exec -n nobody -- true",
    "machine exec --name nobody",
    "machine exec --nam nobody -- true",
    "machine exec --name nobody --tty=x -- true",
    "machine exec --name nobody --timeout 0s -- true",
    "machine cp nobody:/x PLACE/copy",
    `machine data-dir ${named}nobody`,
    `machine update ${named}nobody --cpus 1`,
    create("two--hyphens"),
    create("end-"),
    create("a.dot"),
    create("_start"),
    create("a".repeat(129)),
    create("nothing", "--nothing"),
    create("twice", "--cpus 1 --cpus 2"),
    create("none", "--cpus 0"),
    create("many", "--cpus 256"),
    create("small", "--mem 32"),
    create("word", "--mem much"),
    create("storage", "--storage 0"),
    create("overlay", "--overlay 0"),
    create("port", "-p 0:80"),
    create("ports", "-p 80 -p 80:81"),
    create("cidr", "--allow-cidr anywhere"),
    create("file", "-v PLACE/file:/x"),
    create("missing", "-v PLACE/none:/x"),
    create("system", "-v /usr:/x"),
    create("relative", "-v PLACE/folder:x"),
    create("mode", "-v PLACE/folder:/x:no"),
    create("alone", "-v PLACE/folder"),
    create("same", "-v PLACE/folder:/x -v PLACE/folder:/x"),
    make("both", "--image PLACE/image.tar --from PLACE/none.smolmachine"),
    make("pack", "--from PLACE/none.smolmachine"),
    ...since(
      "1.1.0",
      ...[make("tar", "--image PLACE/none.tar"), make("saved", "--image PLACE/image.tar"), remove("saved")],
      ...[make("file", "--image PLACE/file"), remove("file")],
    ),
    ...since(
      "1.6.4",
      ...[create("socket", "--mount-socket PLACE/socket:/run/way/socket"), remove("socket")],
      ...[create("later", "--mount-socket PLACE/none:/run/way/socket"), remove("later")],
      ...[create("inside", "--mount-socket PLACE/socket:socket"), remove("inside")],
      create("nowhere", "--mount-socket PLACE/socket"),
    ),
    ...since("1.7.3", make("offline", "--image alpine:3")),
    ...since("1.8.0", create("label", "--label word")),
    "pack create",
    "pack create -o PLACE/pack",
    create("one", "-v PLACE/folder:/x:ro -p 8080:80 -e A=b -w /w --cpus 2 --mem 512"),
    create("one"),
    "machine ls",
    "machine ls -v",
    "machine status -n one",
    "machine stop -n one",
    "machine exec --name one -- true",
    "machine exec --name one -i -- true",
    "machine exec --name one --stream -- true",
    "machine cp PLACE/file one:/x",
    "machine cp one:/x PLACE/copy",
    "machine cp PLACE/file PLACE/copy",
    "machine cp PLACE/file",
    update(""),
    update("--cpus 3 --mem 1024 --storage 30 -v PLACE/folder:/y -p 81 -e A=c -e B=d -w /x --net"),
    update("--remove-volume PLACE/folder:/y --remove-port 8080:80 --remove-env B --no-net"),
    update("--remove-volume /x"),
    update("--cpus 0"),
    update("--storage 5"),
    update("-e =2"),
    update("-p 81:82"),
    update("--net --no-net"),
    "machine ls -v",
    `machine delete ${named}one`,
    "machine status -n one",
    remove("one"),
    ...since("1.8.0", create("one", "--label a=b")),
    ...(atLeast(release, "1.8.0") ? [] : [create("one")]),
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
    .map((flag) => `${flag.short === undefined ? "" : `-${flag.short}/`}${flagText(flag)}`);
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
  const value = (machine: Machine, key: string) => (key in machine ? JSON.stringify(machine[key]) : "not there");
  const keys = [...new Set([real, fake].flatMap(({ machine }) => Object.keys(machine)))].sort();
  const values = keys.flatMap((key) => {
    const [here, there] = [value(real.machine, key), value(fake.machine, key)];
    return here === there ? [] : [`machine ls --json: ${key}\n    real: ${here}\n    fake: ${there}`];
  });
  return [...answers, ...values];
}
