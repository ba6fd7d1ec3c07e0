import type { AuditSink } from "../core/model/audit.ts";
import { BottleError } from "../core/model/errors.ts";
import type { RequestId } from "../core/model/ids.ts";
import type { QuestionHolder, RequestHolder } from "./approval-request.ts";
import type { Decided, Decisions } from "./decisions.ts";
import type { Ledger } from "./ledger.ts";
import type { PolicyWriter } from "./policy-writer.ts";

/** What came of taking a decision back. */
export interface UndoReport {
  readonly decided: Decided;
  /** What is undone, in words; empty: nothing could be. */
  readonly done: readonly string[];
  /** What could not be undone, and why. */
  readonly left: readonly string[];
  /** Of the policy that is in force with it. */
  readonly version: number;
}

interface Undoing {
  readonly decisions: Decisions;
  readonly gateway: RequestHolder;
  readonly questions: readonly QuestionHolder[];
  readonly writer: PolicyWriter;
  readonly audit: AuditSink;
  readonly ledger: Pick<Ledger, "use">;
}

/**
 * Takes a decision of this run back: a grant is revoked, which cuts what only it allowed; a no is forgotten, so that it
 * may be asked again. Errors: APPROVAL_NOT_FOUND; APPROVAL_SETTLED where it was undone before.
 */
export async function undo(id: RequestId, by: string, parts: Undoing): Promise<UndoReport> {
  const { decisions, writer, audit } = parts;
  const decided = decisions.find(id);
  if (decided === null) {
    throw new BottleError("APPROVAL_NOT_FOUND", `nothing was decided about ${id} since this bottle was started`, {
      hint: "bottle undo without an id takes back the last decision",
    });
  }
  if (decided.undone) throw decisions.settled(id);
  const { done, left } = await (decided.verdict === "allow" ? undoYes(decided, parts) : undoNo(decided, parts));
  if (done.length > 0) {
    decisions.undone(id);
    const detail = `${id}, by ${by}: ${done.join("; ")}`;
    // It is in force by now, written or not; a revoke has its own line.
    await audit.append({ type: "session", event: "undo", detail }).catch(() => undefined);
  }
  return { decided, done, left, version: writer.version };
}

type Came = Pick<UndoReport, "done" | "left">;

async function undoYes({ kind, grant, scope, settled }: Decided, { writer, ledger }: Undoing): Promise<Came> {
  if (kind === "question") return { done: [], left: ["who asked has heard the yes"] };
  if (kind === "push") return { done: [], left: ["the push has left"] };
  if (grant === null) {
    return {
      done: [],
      left: [settled === 0 ? "its client had left" : "the request has left, and the yes was for it alone"],
    };
  }
  if (!writer.grants().some(({ id }) => id === grant)) return { done: [], left: [`grant ${grant} has ended already`] };
  await writer.revoke(grant);
  const { uses } = ledger.use(grant);
  const past = Math.max(uses, settled);
  return {
    done: [`grant ${grant} is revoked, and what went on only by it is cut`],
    left: [
      ...(past === 0 ? [] : [`${past} ${past === 1 ? "request has" : "requests have"} left by it`]),
      ...(scope === "persist" ? ["its rule for later bottles stands in the manifest: take it out there"] : []),
    ],
  };
}

async function undoNo({ id, kind }: Decided, { gateway, questions }: Undoing): Promise<Came> {
  if (kind === "question") {
    const left = ["who asked has heard the no"];
    for (const holder of questions) {
      if ((await holder.forgive?.(id)) === true) return { done: ["the same may be asked again"], left };
    }
    return { done: [], left };
  }
  const left = [`the ${kind} that waited was refused, and is gone`];
  if (kind === "push") return { done: ["the same push may be tried again"], left };
  if ((await gateway.forgive?.(id)) === true) return { done: ["the same request may be asked about again"], left };
  return { done: [], left: [...left, "nothing of the no is remembered"] };
}
