import type { RawPath } from "../../core/model/work.ts";
import { pathText } from "../../core/work/raw-path.ts";
import { type AppliedWork, addApplied, readApplied } from "../../state/work-files.ts";
import type { SessionContext } from "../context.ts";
import { notAccepted } from "./accepted.ts";
import { applyFiles } from "./apply-files.ts";
import { type ApplyStep, planBranch, planHead, planPatch } from "./apply-repository.ts";
import { type AppliedRepository, type ApplyRequest, withTime } from "./apply-terms.ts";
import { concernsOf } from "./concerns.ts";
import { askConsent } from "./consent.ts";
import type { BottleWork } from "./imported-work.ts";
import { openOwn } from "./own-repository.ts";
import { hasWork, landingChanges, type Work } from "./selection.ts";
import { landedOther } from "./withdrawn.ts";

/**
 * Lets work of a bottle (`selectWork`) land on the operator's side. Everything is checked for every repository, and everything
 * asked, before the first change; then submodules come before what names them. Errors: WORK_*, GIT_FAILED.
 */
export async function applyWork(
  all: BottleWork,
  selected: readonly Work[],
  request: ApplyRequest,
  context: SessionContext,
): Promise<readonly AppliedRepository[]> {
  const applied = await readApplied(all.folder);
  const whole = request.choose === null && request.from === null && request.mode !== "branch";
  const lands = (work: Work) => hasWork(work) || (whole && landedOther(work, applied));
  const works: Work[] = [];
  for (const work of selected.filter(lands)) works.push(request.choose === null ? work : await request.choose(work));
  const wanted = works.filter(lands);
  await consentTo(wanted, request, applied);
  if (all.base.kind === "copy") return applyFiles(all, wanted, request, applied);
  const steps: ApplyStep[] = [];
  // Submodules stand behind the repository that they lie in.
  for (const work of wanted.toReversed()) {
    const own = await openOwn(work.base, context);
    const earlier = applied.filter(({ repository }) => repository === work.base.path);
    const plan = { head: planHead, branch: planBranch, patch: planPatch }[request.mode];
    const chosen = request.choose !== null;
    steps.push(await plan({ bottle: all.name, branch: request.branch, work, own, earlier, chosen }));
  }
  if (request.dryRun) return steps.map(({ result }) => result);
  const results: AppliedRepository[] = [];
  for (const step of steps) {
    await step.keep();
    results.push(await step.act());
    if (step.applied !== null) await addApplied(all.folder, [withTime(step.applied)]);
  }
  return results;
}

async function consentTo(
  works: readonly Work[],
  request: ApplyRequest,
  applied: readonly AppliedWork[],
): Promise<void> {
  const concerns = [];
  for (const work of works) {
    const changes = await notAccepted(work, await landingChanges(work, request.mode !== "patch"), applied);
    for (const concern of await concernsOf(work.quarantine.git, changes)) {
      concerns.push({ ...concern, shown: shownPath(work.base.path, concern.path) });
    }
  }
  if (request.dryRun) return;
  await askConsent(concerns, request.consent);
}

/** A path in a repository as seen from the workspace. */
export function shownPath(repository: string, path: RawPath): string {
  return repository === "" ? pathText(path) : `${repository}/${pathText(path)}`;
}
