import type { QuirkId } from "../../test/support/smolvm/quirks.ts";

interface Edit {
  /** Path in the tree. */
  readonly file: string;
  /** Once in it. */
  readonly from: string;
  readonly to: string;
}

/** What the smolmachines driver does about a quirk, how that is switched off, and the test that fails then. */
export interface Remedy {
  readonly id: string;
  /** Of the fake smolvm, which it is for; none: for what is no quirk of one release. */
  readonly quirks: readonly QuirkId[];
  /** What the driver no longer does, in words. */
  readonly off: string;
  /** Several where the driver has two remedies and each alone is enough. */
  readonly edits: readonly Edit[];
  /** File of the test, and words of its title. */
  readonly test: string;
  readonly only: string;
}

const DRIVER = "src/backends/smolmachines";
const edit = (file: string, from: string, to: string): Edit => ({ file: `${DRIVER}/${file}`, from, to });
/** A step of the table is taken for one that every release has. */
const always = (key: string, since: string) =>
  edit("manner.ts", `{ key: "${key}", since: [${since}]`, `{ key: "${key}", since: [0, 8, 0]`);

/** Files of the contract: the release that each runs over. */
const OVER = {
  "0.8.0": "test/contract/smolmachines-0-8-0.test.ts",
  "1.1.3": "test/contract/smolmachines-1-1-3.test.ts",
  "1.4.1": "test/contract/smolmachines-1-4-1.test.ts",
  "1.6.4": "test/contract/smolmachines-1-6-4.test.ts",
  "1.9.3": "test/contract/smolmachines.test.ts",
  "1.9.3, life": "test/contract/smolmachines-life.test.ts",
} as const;
const HERE = "test/integration/smolmachines";
const QUIRKS = `${HERE}/quirks.test.ts`;
const RUNS = "a bottle runs by its name";

export const REMEDIES: readonly Remedy[] = [
  {
    id: "name-word",
    quirks: [],
    off: "below 1.0.2 names are options too",
    edits: [always("named", "1, 0, 2")],
    test: OVER["0.8.0"],
    only: RUNS,
  },
  {
    id: "pack",
    quirks: [],
    off: "below 1.1.0 saved images are named too",
    edits: [always("source", "1, 1, 0")],
    test: OVER["0.8.0"],
    only: RUNS,
  },
  {
    id: "exec-way",
    quirks: [],
    off: "below 1.6.4 a socket is handed in too",
    edits: [always("way", "1, 6, 4")],
    test: OVER["1.4.1"],
    only: "the gateway answers",
  },
  {
    id: "input-files",
    quirks: ["stuck-input"],
    off: "below 1.8.1 input goes through pipes too",
    edits: [always("input", "1, 8, 1")],
    test: OVER["1.6.4"],
    only: "stdin is a stream of any bytes, of any length",
  },
  {
    id: "carrier-budget",
    quirks: ["stuck-input"],
    off: "below 1.6.4 the gateway's bytes go through one command without end",
    edits: [edit("exec-way/carriers.ts", "CARRIER_BYTES = 192 << 10", "CARRIER_BYTES = 2 ** 40")],
    test: `${HERE}/exec-way-bottle.test.ts`,
    only: "more comes in than one command could read",
  },
  {
    id: "few-rights",
    quirks: ["few-rights"],
    off: "below 1.2.3 root inside mounts too",
    edits: [always("rights", "1, 2, 3")],
    test: OVER["1.1.3"],
    only: RUNS,
  },
  {
    id: "joins",
    quirks: ["own-container"],
    off: "below 1.4.1 commands are begun without -i too",
    edits: [always("joins", "1, 4, 1")],
    test: OVER["1.1.3"],
    only: "stop gives TERM first",
  },
  {
    id: "bring-up",
    quirks: ["shared-config", "joined-read"],
    off: "below 1.4.1 commands come up at once",
    edits: [always("bringUp", "1, 4, 1")],
    test: QUIRKS,
    only: "below 1.4.1 commands that come up at once",
  },
  {
    id: "holder-first",
    quirks: ["joined-die"],
    off: "another command than the holder is a machine's first, and ends",
    edits: [
      edit(
        "opening.ts",
        "const tried = openHolder(",
        'void call(reach.smolvm, ["machine", "exec", "--name", reach.machine, "-i", "--", "/bin/sleep", "2"]).catch(() => {});\n      await delay(1000);\n      const tried = openHolder(',
      ),
    ],
    test: OVER["1.1.3"],
    only: "stop gives TERM first",
  },
  {
    id: "holder-alone",
    quirks: ["shared-first"],
    off: "commands are begun while the holder comes up",
    edits: [edit("opening.ts", "await tried.ready;", "")],
    test: QUIRKS,
    only: "at 1.9.3 nothing comes up beside a machine's first command",
  },
  {
    id: "first-alone",
    quirks: ["stale-container"],
    off: "below 1.4.1 commands are begun while the holder comes up, and one that it killed is no reason to try again",
    edits: [always("bringUp", "1, 4, 1"), edit("opening.ts", "await tried.ready;", "")],
    test: QUIRKS,
    only: "at 1.3.0 nothing comes up beside a machine's first command",
  },
  {
    id: "start-turn",
    quirks: ["shared-ready"],
    off: "below 1.2.5 machines start at once, and a first command that is too early is no reason to wait",
    edits: [always("starts", "1, 2, 5"), edit("opening.ts", 'manner.bringUp === "any" ||', "true ||")],
    test: QUIRKS,
    only: "a machine that starts beside a slower one",
  },
  {
    id: "bridge",
    quirks: ["no-size"],
    off: "at 0.8.0 nobody tells a terminal its size",
    edits: [always("sizes", "0, 8, 1")],
    test: OVER["0.8.0"],
    only: "it follows each change of size",
  },
  {
    id: "own-code",
    quirks: ["signal-255"],
    off: "a death by signal is left to smolvm to tell",
    edits: [edit("entrance.ts", "exit($? & 0x7f ?", "kill $? & 0x7f, $$ if $? & 0x7f; exit($? & 0x7f ?")],
    test: OVER["0.8.0"],
    only: "every exit code comes out as it is",
  },
  {
    id: "entered",
    quirks: [],
    off: "whatever ends with 1 is taken for the command's own code",
    edits: [edit("bottle.ts", "if (!filter.entered) {", "if (!filter.entered && result.code > 255) {")],
    test: `${HERE}/client-failures.test.ts`,
    only: "an error of smolvm's own is no exit code",
  },
  {
    id: "closing",
    quirks: [],
    off: "what close killed on its way in is taken for a failure of smolvm's",
    edits: [
      edit(
        "bottle.ts",
        "if (closing !== null || !(await isRunning(entry))) throw gone(command);\n        throw",
        "throw",
      ),
    ],
    test: `${HERE}/client-failures.test.ts`,
    only: "a command that close killed on its way in",
  },
  {
    id: "stream",
    quirks: ["cut-output"],
    off: "outputs are kept by smolvm",
    edits: [edit("machine-words.ts", 'name, input ? "-i" : "--stream",', 'name, ...(input ? ["-i"] : []),')],
    test: OVER["1.9.3"],
    only: "hundreds of mebibytes of output",
  },
  {
    id: "interactive-input",
    quirks: [],
    off: "input is not asked for",
    edits: [edit("machine-words.ts", 'input ? "-i" : "--stream"', '"--stream"')],
    test: OVER["1.9.3, life"],
    only: RUNS,
  },
  {
    id: "term-by-value",
    quirks: ["key-dropped"],
    off: "TERM travels by its name alone",
    edits: [edit("reach.ts", '-e "TERM=$TERM"', "-e TERM")],
    test: OVER["0.8.0"],
    only: "TERM and COLORTERM travel in",
  },
  {
    id: "force",
    quirks: ["delete-asks"],
    off: "delete is called without -f",
    edits: [edit("machine-words.ts", 'nameWords(named, name), "-f"]', "nameWords(named, name)]")],
    test: OVER["1.9.3, life"],
    only: "part 6: close twice",
  },
  {
    id: "stop-first",
    quirks: ["delete-orphan"],
    off: "a running machine is deleted",
    edits: [
      edit("machines.ts", 'if (before.state !== "created") {', "if (false) {"),
      edit("machines.ts", "  await endProcesses(name);\n  const args", "  const args"),
    ],
    test: QUIRKS,
    only: "at 0.8.0 no disk goes",
  },
  {
    id: "stop-seen",
    quirks: ["delete-early"],
    off: "a stop is believed",
    edits: [
      edit("machines.ts", "before.pid !== null && !(await", "before.pid === -1 && !(await"),
      edit("machines.ts", "  await endProcesses(name);\n  const args", "  const args"),
    ],
    test: QUIRKS,
    only: "at 1.6.4 no disk goes",
  },
  {
    id: "orphans",
    quirks: ["start-orphan"],
    off: "processes that smolvm lost sight of stay",
    edits: [
      edit(
        "machines.ts",
        "for (const left of vmProcesses(name)) {",
        "for (const left of vmProcesses(name).slice(9)) {",
      ),
    ],
    test: QUIRKS,
    only: "a start that fails leaves no process",
  },
  {
    id: "unreachable",
    quirks: ["eight-clients"],
    off: "a machine that does not answer is taken for one that is down",
    edits: [edit("machines.ts", 'state === "running" || state === "unreachable"', 'state === "running"')],
    test: QUIRKS,
    only: "a machine that only looks unreachable",
  },
  {
    id: "few-clients",
    quirks: ["eight-clients"],
    off: "any number of commands runs at once",
    edits: [edit("places.ts", "COUNT = { exec: 4, socket: 5 }", "COUNT = { exec: 40, socket: 50 }")],
    test: `${HERE}/eight-clients.test.ts`,
    only: "more commands than a machine has places for wait",
  },
  {
    id: "owners",
    quirks: ["pack-owner", "pack-owner-root"],
    off: "files of a pack stay whose they are",
    edits: [edit("create.ts", "      packed,\n", "      packed: false,\n")],
    test: QUIRKS,
    only: "at 0.8.0 files of a pack",
  },
  {
    id: "become-agent",
    quirks: ["pack-root"],
    off: "the entrance stays root",
    edits: [edit("entrance.ts", 'if ($how ne "owner") {', 'if ($how eq "nobody") {')],
    test: OVER["0.8.0"],
    only: "a command runs as the agent",
  },
  {
    id: "begin-as-root",
    quirks: [],
    off: "an image with a USER, or a program of its own, is given as it is",
    edits: [edit("image.ts", "const rewritten = dropsRoot(saved.settings) || ", "const rewritten = false && ")],
    test: `${HERE}/images-in-machines.test.ts`,
    only: "at 1.9.3 a machine is made of an agent's image",
  },
  {
    id: "no-network",
    quirks: ["allow-open", "allow-dropped"],
    off: "a machine has a network",
    edits: [edit("machine-words.ts", "...source, ...sizes]", '...source, ...sizes, "--net"]')],
    test: OVER["0.8.0"],
    only: RUNS,
  },
  {
    id: "probe",
    quirks: [],
    off: "a machine is not looked into before the agent comes in",
    edits: [edit("bringup-checks.ts", "const [echo, ...lines]", "return;\n  const [echo, ...lines]")],
    test: `${HERE}/bringup-checks.test.ts`,
    only: "a machine that has this host's network is refused",
  },
  {
    id: "right-program",
    quirks: [],
    off: "any program of this name is taken",
    edits: [edit("command-line.ts", "release !== null && help.code === 0", "release !== null")],
    test: `${HERE}/releases.test.ts`,
    only: "another product's command",
  },
  {
    id: "oldest",
    quirks: [],
    off: "a release that nobody looked at is driven, since it is old",
    edits: [edit("command-line.ts", "if (!reaches(release, OLDEST_KNOWN)) {", "if (release[0] > 9) {")],
    test: `${HERE}/releases.test.ts`,
    only: "older than any that was looked at",
  },
  {
    id: "newer",
    quirks: [],
    off: "a release that nobody looked at is driven, since it is new",
    edits: [edit("command-line.ts", "if (missing === null) return;", "return;")],
    test: `${HERE}/start-turn.test.ts`,
    only: "a release that nobody has looked at",
  },
];

/** Quirks that no remedy is for, and why nothing is to be switched off. */
export const NOTHING_TO_DO: Readonly<Partial<Record<QuirkId, string>>> = {
  "stop-unknown": "no exit code of a stop is believed",
  "pack-reread": "a machine is started once, right after it is made",
  "create-env-unseen": "nothing is given by create: variables travel in a file",
};
