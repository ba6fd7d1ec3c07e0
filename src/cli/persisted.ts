import { realpath } from "node:fs/promises";
import { providers } from "../agents/providers.ts";
import { unifiedDiff } from "../core/changes/unified.ts";
import { type Reach, reachOf } from "../core/inbox/reach.ts";
import { DEFAULT_BOTTLE, type RuleDefinition } from "../core/model/definition.ts";
import { BottleError } from "../core/model/errors.ts";
import type { Proposal } from "../core/model/proposal.ts";
import { formatProblem } from "../core/plan/manifest-problems.ts";
import { pathPatternProblem } from "../core/policy/paths.ts";
import { parseAuthority } from "../core/wire/authority.ts";
import { printable } from "../core/wire/printable.ts";
import { makePrivateFolder, readTextFile, writeFileAtomically } from "../host/files.ts";
import { createFile } from "../host/new-file.ts";
import type { SessionContext } from "../session/context.ts";
import { draftProblems } from "../state/manifest-draft.ts";
import { withRule } from "../state/manifest-rule.ts";
import { readPlan } from "../state/plan-file.ts";
import type { Io } from "./io.ts";
import { confirm } from "./question.ts";
import { patchWriter } from "./terminal-patch.ts";

/** A rule that is ready to be written into the operator's manifest. */
export interface Persistence {
  /** The operator saw the change and did not want it. */
  readonly refused: boolean;
  /** Errors: STATE_UNUSABLE, also where the file was changed meanwhile. */
  write(): Promise<void>;
}

/** A yes to a request, for good; `reach` is the rule as the operator changed it. */
export interface PersistedAnswer {
  readonly bottle: string;
  readonly proposal: Proposal;
  readonly reach: Reach | null;
}

/**
 * Shows what a yes would write into the operator's manifest, and asks. Nothing is written here. Errors: USAGE where no
 * rule can say it, or nobody can be asked; MANIFEST_INVALID where the file has problems already.
 */
export async function persistence(
  { bottle, proposal, reach }: PersistedAnswer,
  yes: boolean,
  io: Io,
  context: SessionContext,
): Promise<Persistence> {
  const { layout, facts } = context;
  const file = layout.operatorManifest;
  const plan = await readPlan(layout, bottle);
  const { definition } = plan;
  if (definition !== undefined && definition.file !== file) {
    throw new BottleError("USAGE", `${bottle} is defined in ${definition.file}, which is not yours alone`, {
      hint: `bottle allow ${proposal.id} --bottle lasts as long as it runs; the file itself is the project's to change`,
    });
  }
  const rule = ruleOf(proposal, reach);
  const old = await readTextFile(file);
  if (old.kind === "unreadable") throw new BottleError("STATE_UNUSABLE", `${file} ${old.why}`);
  const before = old.kind === "text" ? old.text : null;
  const after = withRule(before, definition?.bottle ?? DEFAULT_BOTTLE, rule);
  if (after === null) throw byHand(file, rule);
  const places = { layout, workspace: plan.workspace.host, home: facts.home, uid: facts.uid };
  const problems = await draftProblems("operator", file, after, places, providers);
  const [problem] = problems;
  if (problem !== undefined) {
    throw new BottleError("MANIFEST_INVALID", `${file} would not be sound: ${formatProblem(problem)}`, {
      hint: "bottle info lists its problems",
    });
  }
  const writer = patchWriter(io, (piece) => void process.stderr.write(piece));
  writer.write(Buffer.from(`--- ${file}\n+++ ${file}\n${unifiedDiff(before ?? "", after)}`));
  writer.end();
  if (!yes && !io.interactive) {
    throw new BottleError("USAGE", "nobody can be asked here whether this shall be written", {
      hint: "look at the change above, then add --yes",
    });
  }
  const refused = !yes && !(await confirm(`Write this to ${file}?`, io.signal));
  return { refused, write: () => write(file, before, after, context) };
}

async function write(file: string, before: string | null, after: string, context: SessionContext): Promise<void> {
  const { layout, facts } = context;
  await makePrivateFolder(layout.config, facts.uid);
  const changed = new BottleError("STATE_UNUSABLE", `${file} was changed meanwhile, and is left as it is`, {
    hint: "the request was let go; bottle grants shows what is granted while the bottle runs",
  });
  if (before === null) {
    if (!(await createFile(file, after, 0o600))) throw changed;
    return;
  }
  const now = await readTextFile(file);
  if (now.kind !== "text" || now.text !== before) throw changed;
  // A link to where the operator keeps such files stays one.
  await writeFileAtomically(await realpath(file), after, now.mode & 0o777);
}

/** The narrowest rule that lists the request for good. Errors: USAGE. */
function ruleOf(proposal: Proposal, changed: Reach | null): RuleDefinition {
  const { id, reason, rule } = proposal;
  const hint = `bottle allow ${id} --bottle lasts as long as the bottle runs`;
  if (reason === "ask-required") {
    throw new BottleError("USAGE", `rule ${rule ?? "?"} asks each time, which another rule does not change`, {
      hint: `take \`ask\` out of it; ${hint}`,
    });
  }
  if (reason === "token-in-request") {
    throw new BottleError(
      "USAGE",
      "a rule allows it already; what looks like a secret in it is asked about each time",
      {
        hint: `bottle allow ${id} --once; its fingerprint under egress.leaks.allow lets it leave later ones`,
      },
    );
  }
  const { method, scheme, authority, path, pattern } = changed ?? reachOf(proposal);
  const reading = parseAuthority(authority, null);
  if (!reading.ok || pathPatternProblem(path) !== null || (path.includes("*") && !pattern)) {
    throw new BottleError("USAGE", "no rule can say this path exactly", { hint });
  }
  const { host, port } = reading.authority;
  return {
    host,
    ...(port === (scheme === "https" ? 443 : 80) ? {} : { port }),
    ...(scheme === "http" ? { scheme } : {}),
    methods: [method],
    paths: [path],
  };
}

function byHand(file: string, rule: RuleDefinition): BottleError {
  return new BottleError("USAGE", `${file} has a form into which no rule can be written`, {
    hint: `add it by hand: ${printable(JSON.stringify(rule), 500)}`,
  });
}
