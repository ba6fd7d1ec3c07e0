import type { RequestId } from "../../core/model/ids.ts";
import type { Proposal } from "../../core/model/proposal.ts";
import type { ProposalDesk } from "../../gateway/held.ts";

/** What a sidecar said waits, as the operator was shown it: a yes is bound to this, and to nothing said later. */
export interface ShownRequests {
  /** Resolves when the operator can see it. Rejects for an id that was used before, and when too many wait. */
  show(proposal: Proposal): Promise<void>;
  withdraw(id: RequestId): void;
  find(id: RequestId): Proposal | null;
  /** Was it shown, and is settled by now? */
  isSettled(id: RequestId): boolean;
  /** Nobody waits for any of them. */
  withdrawAll(): void;
}

/** As many as one gateway lets wait. */
const LIMIT = 32;
const REMEMBERED = 1024;

/** `desk` null: nobody can be asked. */
export function createShownRequests(desk: ProposalDesk | null): ShownRequests {
  const open = new Map<RequestId, Proposal>();
  const used = new Set<RequestId>();
  const withdraw = (id: RequestId) => {
    if (open.delete(id)) desk?.withdraw(id);
  };
  return {
    show: async (proposal) => {
      const { id } = proposal;
      if (desk === null) throw new Error("nobody can be asked");
      if (used.has(id)) throw new Error("another request had this id");
      if (open.size >= LIMIT) throw new Error("too many wait");
      used.add(id);
      const [oldest] = used;
      if (used.size > REMEMBERED && oldest !== undefined) used.delete(oldest);
      open.set(id, proposal);
      try {
        await desk.show(proposal);
      } catch (error) {
        withdraw(id);
        throw error;
      }
      // It was withdrawn while it was being written: what was written after that goes, too.
      if (!open.has(id)) desk.withdraw(id);
    },
    withdraw,
    find: (id) => open.get(id) ?? null,
    isSettled: (id) => used.has(id) && !open.has(id),
    withdrawAll: () => {
      for (const id of [...open.keys()]) withdraw(id);
    },
  };
}
