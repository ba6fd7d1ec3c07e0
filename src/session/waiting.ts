import type { Item } from "../core/inbox/item.ts";
import type { BottleRecord } from "../core/model/bottle-record.ts";
import { BottleError } from "../core/model/errors.ts";
import { printable } from "../core/wire/printable.ts";
import { stateOf } from "../state/bottle-state.ts";
import { bottlePaths, livePaths } from "../state/layout.ts";
import { readItem } from "../state/proposals.ts";
import { listBottles, readRecord } from "../state/records.ts";
import type { ApprovalRequest } from "./approvals.ts";
import type { SessionContext } from "./context.ts";
import { askControl } from "./control.ts";
import { type Decided, sentence } from "./decisions.ts";
import { findItem } from "./inbox.ts";

/** A host process that lives answers at once; what it writes is small. */
const ANSWER_MS = 15_000;
/** Of each bottle: one that hangs holds up nobody for long. */
const DECISIONS_MS = 2000;

/** Every bottle that runs. */
export async function running(context: SessionContext): Promise<readonly BottleRecord[]> {
  const listed = await listBottles(context.layout);
  return listed.flatMap(({ record, state }) => (record !== null && state === "running" ? [record] : []));
}

/**
 * What waits under `id`. Errors: APPROVAL_NOT_FOUND; APPROVAL_SETTLED, with who answered it; BOTTLE_NOT_RUNNING where its
 * host process is gone.
 */
export async function findWaiting(id: string, context: SessionContext): Promise<Item> {
  const item = await findItem(id, context);
  if (item?.need === "answer") return item;
  if (item !== null) {
    throw new BottleError("USAGE", `${id} happened, and waits for no answer`, { hint: `bottle dismiss ${id}` });
  }
  for (const { name, state } of await listBottles(context.layout)) {
    if (state === "running" || (await readItem(bottlePaths(context.layout, name).proposals, id)) === null) continue;
    throw new BottleError("BOTTLE_NOT_RUNNING", `the host process of ${name} is gone, and ${id} with it`, {
      hint: `nothing of it was sent; bottle recover ${name} removes what is left`,
    });
  }
  const made = (await listDecisions(context)).find(({ decided }) => decided.id === id);
  if (made !== undefined) {
    throw new BottleError("APPROVAL_SETTLED", sentence(made.decided), {
      hint: `bottle audit ${made.bottle} has all of it; bottle undo ${id} takes it back`,
    });
  }
  throw new BottleError("APPROVAL_NOT_FOUND", `no request waits under ${printable(id, 64)}`, {
    hint: "it was answered, its time is over or its client left: bottle audit NAME says which; bottle approvals lists what waits",
  });
}

/** What was decided lately in every bottle that runs, the oldest first; one that does not answer has nothing to say. */
export async function listDecisions(
  context: SessionContext,
): Promise<readonly { readonly bottle: string; readonly decided: Decided }[]> {
  const found = await Promise.all(
    (await running(context)).map(async ({ name, run }) => {
      const { control } = livePaths(context.layout, { name, run });
      const reply = await askControl(control, { do: "decisions" }, DECISIONS_MS);
      const { decisions } = (reply?.value ?? { decisions: [] }) as { readonly decisions: readonly Decided[] };
      return decisions.map((decided) => ({ bottle: name, decided }));
    }),
  );
  return found.flat().sort((a, b) => a.decided.at.localeCompare(b.decided.at));
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
