import type { TestContext } from "node:test";
import type { RequestId } from "../../../src/core/model/ids.ts";
import type { Proposal } from "../../../src/core/model/proposal.ts";
import type { Claim, ProposalDesk } from "../../../src/gateway/held.ts";
import { eventually, type Fixture, type FixtureOptions, HOST, openGateway } from "./fixture.ts";
import { openOrigin } from "./origin.ts";
import type { RawClient } from "./raw-client.ts";

/** A desk that keeps what it is shown, and fails when told to. */
interface TestDesk extends ProposalDesk {
  /** Everything that was ever shown. */
  readonly shown: Proposal[];
  readonly withdrawn: RequestId[];
  failing: boolean;
}

function openDesk(): TestDesk {
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

/** A host that no rule lists. */
export const UNLISTED = "evil.example.test";

/** A gateway at which one path of one host is listed, and all else is asked about. */
export async function openAsking(
  t: TestContext,
  options: FixtureOptions = {},
): Promise<Fixture & { readonly desk: TestDesk; readonly seen: () => readonly string[] }> {
  const desk = openDesk();
  const origin = options.origin ?? (await openOrigin());
  const evil = await openOrigin();
  const ask = { unlisted: true, timeoutMs: 60_000 };
  const fixture = await openGateway(t, { evil, rules: [{ paths: ["/listed"] }], ask, desk, ...options, origin });
  const seen = () => [...origin.seen, ...evil.seen].map(({ method, url, body }) => `${method} ${url} ${body}`);
  return { ...fixture, desk, seen };
}

export function post(client: RawClient, path: string, body: string): void {
  client.send(`POST ${path} HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

export function get(client: RawClient, path: string, host = HOST, more = ""): void {
  client.send(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`);
}
