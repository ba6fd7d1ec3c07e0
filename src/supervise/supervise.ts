import type { IncomingMessage, ServerResponse } from "node:http";
import type { RequestId } from "../core/model/ids.ts";
import type { Policy } from "../core/model/policy.ts";
import { createDoor } from "./door.ts";
import type { AccessClaim, Inbox, InboxStart, NoClaim, WordsClaim } from "./inbox.ts";

export interface SuperviseStart extends Omit<InboxStart, "policy"> {
  /** In force at the start. */
  readonly policy: Policy;
}

/** The MCP server of one bottle, for its agent. */
export interface Supervise {
  /** Answers requests below `/mcp`. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** Tells which policy is in force from now on: before a grant in it is told to the agent. */
  policyIs(policy: Policy): void;
  claimAccess(id: RequestId): AccessClaim | NoClaim;
  claimQuestion(id: RequestId): WordsClaim | NoClaim;
  /** What was denied under this id may be asked again at once; false: nothing was remembered. */
  forgive(id: RequestId): boolean;
  /** Nobody is asked any more; who waits is told. Idempotent. */
  close(): void;
}

const UNKNOWN: NoClaim = { ok: false, problem: "unknown" };

/** Makes the door. All that is behind it is loaded when the first message comes: most agents never ask. */
export function createSupervise({ policy: first, ...start }: SuperviseStart): Supervise {
  let policy = first;
  let closed = false;
  let inbox: Inbox | null = null;
  let opening: Promise<Inbox> | null = null;
  const open = async (): Promise<Inbox> => {
    const { openInbox } = await import("./inbox.ts");
    inbox = await openInbox({ ...start, policy: () => policy });
    if (closed) inbox.close();
    return inbox;
  };
  const door = createDoor(async (message, headers, gone) => {
    opening ??= open();
    return (await opening).serve(message, headers, gone);
  });
  return {
    handle: door.handle,
    policyIs: (next) => {
      policy = next;
    },
    claimAccess: (id) => inbox?.claimAccess(id) ?? UNKNOWN,
    claimQuestion: (id) => inbox?.claimQuestion(id) ?? UNKNOWN,
    forgive: (id) => inbox?.forgive(id) ?? false,
    close: () => {
      closed = true;
      inbox?.close();
      door.close();
    },
  };
}
