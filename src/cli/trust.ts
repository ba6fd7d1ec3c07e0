import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { providers } from "../agents/providers.ts";
import { BottleError } from "../core/model/errors.ts";
import { formatProblem } from "../core/plan/manifest-problems.ts";
import { printable } from "../core/wire/printable.ts";
import { projectFolder } from "../session/project-folder.ts";
import { readProject } from "../state/manifest-project.ts";
import { type ProjectSurvey, surveyProject } from "../state/project-survey.ts";
import { listTrust, removeTrust, writeTrust } from "../state/trust-records.ts";
import type { Io } from "./io.ts";
import { confirm } from "./question.ts";
import { sessionContext } from "./session-context.ts";
import { table } from "./table.ts";
import { flag, text, type VerbInput, type VerbRun } from "./verb.ts";

/** `bottle trust`: shows what a project's manifest would be allowed to say, asks, and keeps the answer for these very bytes. */
export const trust: VerbRun = async (input, io) => {
  if (flag(input, "list") && (flag(input, "revoke") || input.positionals.length > 0)) {
    throw new BottleError("USAGE", "--list shows all projects and takes nothing else", { hint: "bottle trust --list" });
  }
  if (flag(input, "list")) return list(input, io);
  return flag(input, "revoke") ? revoke(input, io) : grant(input, io);
};

async function grant(input: VerbInput, io: Io): Promise<number> {
  const { layout, facts } = sessionContext(io);
  const dryRun = flag(input, "dryRun");
  const sure = flag(input, "yes");
  if (!dryRun && !sure && !io.interactive) {
    throw new BottleError("USAGE", "trust is given on a terminal", {
      hint: "--dry-run shows what it would be; --yes gives it in a script that has looked before",
    });
  }
  const folder = await realpath(resolve(io.cwd, input.positionals[0] ?? ".")).catch(() => {
    throw new BottleError("USAGE", `${input.positionals[0] ?? "."} does not exist`, {
      hint: "name a project's folder",
    });
  });
  const workspace = await projectFolder(folder, facts.home);
  const survey = await surveyProject({ layout, workspace, home: facts.home, uid: facts.uid }, providers);
  const json = text(input, "format") === "json";
  if (!json) io.out(surveyText(survey));
  // Nobody is asked to agree to nothing. What was trusted and has changed is asked for, to end the note about it.
  const pointless =
    !sure && survey.standing.standing === "untrusted" && !survey.powers.some(({ grantable }) => grantable);
  const asks = !dryRun && !pointless;
  const trusted = asks && (sure || (await confirm(`Trust exactly these bytes of ${printable(workspace)}?`, io.signal)));
  if (trusted) {
    // What was shown, not what lies there by now.
    await writeTrust(layout, { schema: 1, ...survey.set, trustedAt: new Date().toISOString() }, facts.uid);
  }
  if (json) io.out(`${JSON.stringify({ ...surveyJson(survey), trusted }, null, 2)}\n`);
  else if (trusted) io.say("trusted, until a byte of it changes; bottle trust --revoke ends it");
  else if (asks) io.say("not trusted; nothing was changed");
  return trusted || !asks ? 0 : 3;
}

function surveyJson({ standing, set, powers, problems }: ProjectSurvey) {
  const { standing: before, changed, file } = standing;
  return { project: set.project, file, before, changed, sha256: set.manifest, powers, files: set.files, problems };
}

function surveyText({ standing, set, powers, problems }: ProjectSurvey): string {
  const granted = powers.filter(({ grantable }) => grantable);
  const refused = powers.filter(({ grantable }) => !grantable);
  const before = {
    trusted: "trusted, as it is now",
    untrusted: "not trusted",
    changed: `changed since you trusted it: ${standing.changed.join(", ")}`,
  };
  // Nothing is cut: what is not shown must not be agreed to.
  const whole = (line: string) => printable(line, Number.POSITIVE_INFINITY);
  const part = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${whole(line)}`)];
  const text = [
    whole(`${standing.file}  sha256 ${set.manifest}`),
    whole(before[standing.standing]),
    ...part(
      `trusted it may say (${granted.length}):`,
      granted.map(({ path, value }) => `${path} = ${value}`),
    ),
    ...part(
      "refused all the same:",
      refused.map(({ path, value }) => `${path} = ${value}`),
    ),
    ...part(
      "with these files as they are:",
      Object.entries(set.files).map(
        ([path, file]) => `${path}${file.executable ? " (executable)" : ""}  sha256 ${file.sha256}`,
      ),
    ),
    ...part("what has a problem does not work, trusted or not:", problems.map(formatProblem)),
    ...(granted.length === 0 ? ["", "nothing in it needs trust"] : []),
  ];
  // The gravest stand on top, where a long list scrolls them out of sight.
  if (text.length > SCREEN)
    text.push("", `${text.length} lines, the gravest first: bottle trust --dry-run | less shows them page by page`);
  return text.join("\n").concat("\n");
}

/** Lines that a small terminal shows at once. */
const SCREEN = 40;

async function revoke(input: VerbInput, io: Io): Promise<number> {
  const { layout, facts } = sessionContext(io);
  const named = resolve(io.cwd, input.positionals[0] ?? ".");
  // A project that is gone is revoked by the path that `--list` shows.
  const project = await realpath(named).then(
    (folder) => projectFolder(folder, facts.home),
    () => named,
  );
  if (!(await removeTrust(layout, project))) {
    throw new BottleError("USAGE", `${project} is not trusted`, { hint: "bottle trust --list shows what is" });
  }
  if (text(input, "format") === "json") io.out(`${JSON.stringify({ project, revoked: true }, null, 2)}\n`);
  else io.out(`${printable(project, Number.POSITIVE_INFINITY)}\n`);
  return 0;
}

async function list(input: VerbInput, io: Io): Promise<number> {
  const { layout, facts } = sessionContext(io);
  const rows: { project: string; trustedAt: string; standing: string; changed: readonly string[] }[] = [];
  for (const found of await listTrust(layout, facts.uid)) {
    if (found.kind === "unusable") {
      io.say(`bottle: note: ${found.file} ${found.why}, so it counts for nothing`);
      continue;
    }
    const { project, trustedAt } = found.record;
    const now = await readProject(layout, project, facts.uid).catch(() => null);
    const standing = now?.standing.standing ?? "gone";
    rows.push({ project, trustedAt, standing, changed: now?.standing.changed ?? [] });
  }
  if (text(input, "format") === "json") io.out(`${JSON.stringify(rows, null, 2)}\n`);
  else if (rows.length === 0) io.say("no project is trusted");
  else
    io.out(
      table(
        ["TRUSTED", "NOW", "PROJECT"],
        rows.map(({ project, trustedAt, standing }) => [trustedAt.slice(0, 16).replace("T", " "), standing, project]),
      ),
    );
  return 0;
}
