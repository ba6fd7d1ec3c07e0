import type { RequestId } from "../../../src/core/model/ids.ts";
import type { Proposal } from "../../../src/core/model/proposal.ts";
import type { Claim, ProposalDesk } from "../../../src/gateway/held.ts";
import { eventually, type Fixture } from "./fixture.ts";

/** A desk that keeps what it is shown, and fails when told to. */
export interface TestDesk extends ProposalDesk {
  /** Everything that was ever shown. */
  readonly shown: Proposal[];
  readonly withdrawn: RequestId[];
  failing: boolean;
}

export function openDesk(): TestDesk {
  return {
    shown: [],
    withdrawn: [],
    failing: false,
    async show(proposal) {
      if (this.failing) throw new Error("disk full");
      this.shown.push(proposal);
    },
    withdraw(id) {
      this.withdrawn.push(id);
    },
  };
}

/** The `count`th question, once it was put. */
export async function question(desk: TestDesk, count = 1): Promise<Proposal> {
  await eventually(() => desk.shown.length >= count);
  const proposal = desk.shown[count - 1];
  if (proposal === undefined) throw new Error("no such question");
  return proposal;
}

/** The right to answer it. */
export function claimOf({ gateway }: Fixture, { id }: Proposal): Claim {
  const claim = gateway.claim(id);
  if (!claim.ok) throw new Error(`not to be claimed: ${claim.problem}`);
  return claim;
}
