import type { AgentWord } from "../core/model/activity.ts";
import type { AuditSink } from "../core/model/audit.ts";
import type { GateRepository } from "../core/model/git-gate.ts";
import type { RequestId } from "../core/model/ids.ts";
import type { Policy } from "../core/model/policy.ts";
import type { Proposal } from "../core/model/proposal.ts";
import type { Question } from "../core/model/question.ts";
import { version } from "../host/own-version.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { MessageServer } from "./door.ts";
import { type AskDesk, type AskedItem, createLedger } from "./ledger.ts";
import { createProtocol } from "./protocol.ts";
import { createToolCalls } from "./tool-calls.ts";

export interface InboxStart {
  /** In force now. */
  readonly policy: () => Policy;
  readonly repositories: readonly GateRepository[];
  readonly desk: AskDesk;
  readonly audit: AuditSink;
  /** Takes out of a text what must not be shown: values of secrets and their placeholders. */
  readonly redact: (text: string) => string;
  /** What the agent says of itself. */
  readonly onStatus?: ((word: AgentWord) => void) | undefined;
  readonly clock?: Clock | undefined;
}

/** The right to answer access that an agent asked for: as a claim of the gateway's, with the operator's words. */
export interface AccessClaim {
  readonly ok: true;
  readonly proposal: Proposal;
  readonly path: string;
  readonly waiting: number;
  readonly others: readonly RequestId[];
  settle(answer: "once" | "granted" | "ask-denied", words?: string | null): number;
  putBack(): void;
}

/** The right to answer what an agent asked in words. */
export interface WordsClaim {
  readonly ok: true;
  readonly question: Question;
  settle(verdict: "yes" | "no", words: string | null): void;
  putBack(): void;
}

export interface NoClaim {
  readonly ok: false;
  readonly problem: "unknown" | "answered";
}

/** What one bottle's agent asks its operator, and how it is told. */
export interface Inbox {
  readonly serve: MessageServer;
  claimAccess(id: RequestId): AccessClaim | NoClaim;
  claimQuestion(id: RequestId): WordsClaim | NoClaim;
  /** What was denied under this id may be asked again at once. */
  forgive(id: RequestId): boolean;
  close(): void;
}

const UNKNOWN: NoClaim = { ok: false, problem: "unknown" };

/** Makes it; loads the protocol's SDK, which takes half a second. */
export async function openInbox(start: InboxStart): Promise<Inbox> {
  const { policy, desk, audit, redact, repositories, onStatus = () => undefined, clock = systemClock } = start;
  const onExpired = (item: AskedItem) => {
    const what = describe(item);
    const line = { type: "supervise", id: item.id, ...what, outcome: "expired", words: null } as const;
    void audit.append(line).catch(() => undefined);
  };
  const ledger = createLedger({ desk, clock, counted, onExpired });
  const calls = createToolCalls({ policy, repositories, redact, ledger, audit, clock, onStatus });
  return {
    serve: createProtocol(await version(), (name, args, gone) => calls[name](args, gone)),
    claimAccess: (id) => {
      const entry = ledger.byId(id);
      if (entry === null || "kind" in entry.item) return UNKNOWN;
      const claim = ledger.claim(id);
      if (!claim.ok || "kind" in claim.item) return claim.ok ? UNKNOWN : claim;
      const proposal = claim.item;
      return {
        ok: true,
        proposal,
        path: proposal.target,
        waiting: 1,
        others: claim.others,
        settle: (answer, words = null) => {
          // Without a grant there is nothing in force that the agent could use.
          claim.settle({ verdict: answer === "granted" ? "approved" : "denied", words });
          return 1;
        },
        putBack: claim.putBack,
      };
    },
    claimQuestion: (id) => {
      const entry = ledger.byId(id);
      if (entry === null || !("kind" in entry.item)) return UNKNOWN;
      const claim = ledger.claim(id);
      if (!claim.ok || !("kind" in claim.item)) return claim.ok ? UNKNOWN : claim;
      return {
        ok: true,
        question: claim.item,
        settle: (verdict, words) => claim.settle({ verdict: verdict === "yes" ? "approved" : "denied", words }),
        putBack: claim.putBack,
      };
    },
    forgive: (id) => ledger.forgive(id),
    close: () => ledger.close(),
  };
}

function describe(item: AskedItem) {
  if (!("kind" in item)) {
    return { ask: "access", subject: `${item.method} ${item.scheme}://${item.authority}${item.target}` } as const;
  }
  return {
    ask: item.kind === "review" ? "review" : "capability",
    subject: item.words.split("\n", 1)[0] ?? "",
  } as const;
}

/** The same item, asked once more. */
function counted(item: AskedItem): AskedItem {
  if ("kind" in item) return { ...item, count: item.count + 1 };
  const { asked = { words: "", count: 0 } } = item;
  return { ...item, asked: { ...asked, count: asked.count + 1 } };
}
