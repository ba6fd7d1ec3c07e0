import type { BottleRecord } from "../core/model/bottle-record.ts";
import { BottleError } from "../core/model/errors.ts";
import type { Proposal } from "../core/model/proposal.ts";
import { printable } from "../core/wire/printable.ts";
import { stateOf } from "../state/bottle-state.ts";
import { bottlePaths, livePaths } from "../state/layout.ts";
import { readProposal, readProposals } from "../state/proposals.ts";
import { listBottles, readRecord } from "../state/records.ts";
import type { ApprovalRequest } from "./approvals.ts";
import type { SessionContext } from "./context.ts";
import { askControl } from "./control.ts";

/** A request that waits, and whose it is. */
export interface Waiting {
  readonly bottle: string;
  readonly proposal: Proposal;
}

/** A host process that lives answers at once; what it writes is small. */
const ANSWER_MS = 15_000;

/** What waits in the bottle called `name`, or in every one; the oldest first. Errors: BOTTLE_NOT_FOUND. */
export async function listWaiting(name: string | null, context: SessionContext): Promise<readonly Waiting[]> {
  const records = name === null ? await running(context) : [await readRecord(context.layout, name)];
  const found = await Promise.all(
    records
      .filter((record) => stateOf(record) === "running")
      .map(async (record) => {
        const proposals = await readProposals(bottlePaths(context.layout, record.name).proposals);
        return proposals.map((proposal) => ({ bottle: record.name, proposal }));
      }),
  );
  return found.flat().sort((a, b) => a.proposal.createdAt.localeCompare(b.proposal.createdAt));
}

/** Every bottle that runs. */
export async function running(context: SessionContext): Promise<readonly BottleRecord[]> {
  const listed = await listBottles(context.layout);
  return listed.flatMap(({ record, state }) => (record !== null && state === "running" ? [record] : []));
}

/** Whose request `id` is. Errors: APPROVAL_NOT_FOUND; BOTTLE_NOT_RUNNING where its host process is gone. */
export async function findWaiting(id: string, context: SessionContext): Promise<Waiting> {
  for (const { name, state } of await listBottles(context.layout)) {
    const proposal = await readProposal(bottlePaths(context.layout, name).proposals, id);
    if (proposal === null) continue;
    if (state === "running") return { bottle: name, proposal };
    throw new BottleError("BOTTLE_NOT_RUNNING", `the host process of ${name} is gone, and ${id} with it`, {
      hint: `nothing of it was sent; bottle recover ${name} removes what is left`,
    });
  }
  throw new BottleError("APPROVAL_NOT_FOUND", `no request waits under ${printable(id, 64)}`, {
    hint: "it was answered, its time is over or its client left: bottle audit NAME says which; bottle approvals lists what waits",
  });
}

/**
 * Has the host process of a bottle carry out a request; resolves its answer. Errors: those that it raises,
 * BOTTLE_NOT_FOUND, BOTTLE_NOT_RUNNING when nobody answers.
 */
export async function askHost(name: string, request: ApprovalRequest, context: SessionContext): Promise<unknown> {
  const record = await readRecord(context.layout, name);
  const { control } = livePaths(context.layout, record);
  const reply = stateOf(record) === "running" ? await askControl(control, request, ANSWER_MS) : null;
  if (reply === null) {
    const lost = stateOf(record) === "lost";
    throw new BottleError("BOTTLE_NOT_RUNNING", `nobody answers for ${name}`, {
      hint: lost ? `its host process was killed: bottle recover ${name}` : "bottle ls shows what runs",
    });
  }
  if (reply.ok) return reply.value;
  const options = reply.hint === undefined ? {} : { hint: reply.hint };
  throw new BottleError(reply.code ?? "BOTTLE_GONE", reply.error ?? `${name} gave no reason`, options);
}
