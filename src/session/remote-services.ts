import type { SidecarPlace } from "../backends/backend.ts";
import { BottleError } from "../core/model/errors.ts";
import type { RequestId } from "../core/model/ids.ts";
import type { Policy } from "../core/model/policy.ts";
import { policyProblems } from "../core/policy/validate.ts";
import { printable } from "../core/wire/printable.ts";
import { createAlertBudget } from "../gateway/alert-budget.ts";
import { newCaIdentity } from "../gateway/certificate/bottle-ca.ts";
import type { AwaitedClaim, AwaitedClaimReading } from "./approvals.ts";
import { openHostDials, type ServiceDoors } from "./remote-services/host-dials.ts";
import { type Link, type LinkDuties, openLink } from "./remote-services/link.ts";
import { restartDelay, SETTLED_MS } from "./remote-services/restart-delay.ts";
import { serviceDoor } from "./remote-services/service-door.ts";
import { serviceStart, valueFor } from "./remote-services/service-start.ts";
import { createShownRequests } from "./remote-services/shown-requests.ts";
import type { RemoteStart } from "./remote-start.ts";

/** The services of one bottle in a sidecar, seen from the host process; they live through deaths of the sidecar's process. */
export interface RemoteServices {
  readonly caPem: string;
  /** On which the process listens that runs now, in the order of the place's addresses and ports. */
  ports(): readonly number[];
  /** As `Gateway.apply`. While no process runs, nothing passes, and the next one begins with it. */
  apply(policy: Policy, cause: string): Promise<number>;
  claim(id: RequestId): Promise<AwaitedClaimReading>;
  forgive(id: RequestId): Promise<boolean>;
  /** Lets the last lines be written, within `CLOSE_MS`, and ends the process. Idempotent. */
  close(): Promise<void>;
}

const CLOSE_MS = 5_000;

/**
 * Starts the services at `place` and keeps them going: a process that dies, hangs or says what is not understood is
 * ended, recorded, and started again after a growing pause, with the same CA and everything else read anew. What waited
 * for the operator then waits no more. Rejects with CREATE_FAILED when the first one does not begin, PLAN_INVALID when
 * the policy has problems.
 */
export async function startRemoteServices(start: RemoteStart, place: SidecarPlace): Promise<RemoteServices> {
  refuseBadPolicy(start.policy);
  const ca = newCaIdentity(start.bottle);
  const shown = createShownRequests(start.desk ?? null);
  const closing = new AbortController();
  let policy = start.policy;
  let link: Link | null = null;
  let ports: readonly number[] = [];
  let deaths = 0;

  const doors: ServiceDoors = Object.fromEntries(
    Object.entries(start.services ?? {}).map(([name, handler]) => [name, serviceDoor(handler)]),
  );
  // A sidecar in the hands of an agent must not bury the terminal.
  const alert = createAlertBudget(({ detail }) => start.onAlert?.(detail), Date.now);
  const duties: LinkDuties = {
    write: (event) => start.audit.append(event),
    show: (proposal) => shown.show(proposal),
    withdraw: (id) => shown.withdraw(id),
    secret: async (name) => {
      const listed = policy.credentials.some((credential) => credential.name === name);
      return listed ? valueFor(start.secrets, name) : { value: null, why: "the policy has no such credential" };
    },
    openDials: (say) => openHostDials(() => policy, start.ownAddresses, say, doors),
    alert: (detail) => alert({ id: null, reason: "sidecar", detail }),
  };
  const note = (event: string, detail: string) =>
    start.audit.append({ type: "session", event, detail }).catch(() => undefined);

  const begin = async (): Promise<Link> => {
    const data = await serviceStart(start, policy, ca, place.listen);
    const process = await place.run();
    // Read after the process was there: a policy that came meanwhile is told to this one.
    const opened = openLink(process, { ...data, policy }, duties);
    link = opened;
    try {
      if (closing.signal.aborted) opened.end("the bottle is being closed");
      ports = await opened.ready;
      return opened;
    } catch (error) {
      opened.end("it did not begin");
      const why = await opened.ended;
      throw new BottleError("CREATE_FAILED", `the gateway's sidecar: ${why}`, { cause: error });
    }
  };
  const keepGoing = async (first: Link): Promise<void> => {
    let present: Link | null = first;
    let saidWhy = false;
    while (!closing.signal.aborted) {
      if (present !== null) {
        const since = performance.now();
        const why = await present.ended;
        if (closing.signal.aborted) return;
        if (performance.now() - since > SETTLED_MS) deaths = 0;
        shown.withdrawAll();
        await note("service-ended", `egress: ${why}`);
        if (deaths === 0) start.onAlert?.(`the gateway's sidecar ended and is started again: ${why}`);
      }
      deaths += 1;
      await pause(restartDelay(deaths), closing.signal);
      if (closing.signal.aborted) return;
      present = await begin().catch(async (error: unknown) => {
        if (closing.signal.aborted) return null;
        const why = error instanceof Error ? error.message : "";
        if (!saidWhy) start.onAlert?.(`nothing leaves the bottle while this cannot be mended: ${printable(why, 500)}`);
        saidWhy = true;
        await note("service-not-started", why);
        return null;
      });
      if (present !== null) saidWhy = false;
      if (present !== null) await note("service-restarted", `egress, with policy ${policy.version}`);
    }
  };
  const kept = keepGoing(await begin());

  const claim = async (id: RequestId): Promise<AwaitedClaimReading> => {
    const proposal = shown.find(id);
    const settled = (): AwaitedClaimReading => ({ ok: false, problem: shown.isSettled(id) ? "answered" : "unknown" });
    const owner = link;
    if (proposal === null || owner === null) return settled();
    const reply = await owner.ask({ type: "claim", id });
    if (reply === null || reply.type !== "claimed") return { ok: false, problem: "answered" };
    if (reply.problem !== null) return { ok: false, problem: reply.problem };
    return claimOf(owner, proposal, reply.waiting, reply.others, (one) => shown.withdraw(one));
  };

  const close = async (): Promise<void> => {
    closing.abort();
    const last = link;
    last?.say({ type: "close" });
    const late = setTimeout(() => last?.end("it did not close in time"), CLOSE_MS);
    await last?.ended;
    clearTimeout(late);
    shown.withdrawAll();
    await kept;
  };
  let closed: Promise<void> | null = null;
  return {
    caPem: ca.certificate,
    ports: () => ports,
    apply: async (next, cause) => {
      refuseBadPolicy(next);
      if (next.version <= policy.version) {
        throw new BottleError("PLAN_INVALID", `policy version ${next.version} is not newer than ${policy.version}`);
      }
      policy = next;
      const told = link;
      told?.reviewDials();
      const reply = await told?.ask({ type: "policy", policy: next, cause });
      // One that is gone denies everything, and what comes after it begins with this policy.
      if (reply && (reply.type !== "reply" || reply.value !== next.version)) told?.end("it did not take a policy");
      const { version, rules } = next;
      await start.audit.append({ type: "policy", version, rules: rules.length, cause }).catch(() => undefined);
      return version;
    },
    claim,
    forgive: async (id) => {
      const reply = (await link?.ask({ type: "forgive", id })) ?? null;
      return reply?.type === "reply" && reply.value === 1;
    },
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

/** A yes goes to the process that holds the request, for what the operator was shown. */
function claimOf(
  link: Link,
  proposal: AwaitedClaim["proposal"],
  waiting: number,
  others: readonly RequestId[],
  withdraw: (id: RequestId) => void,
): AwaitedClaim {
  const { id, target } = proposal;
  return {
    ok: true,
    proposal,
    path: target.split("?", 1)[0] ?? target,
    waiting,
    others,
    settle: async (answer) => {
      withdraw(id);
      const reply = await link.ask({ type: "settle", id, answer });
      return reply?.type === "reply" ? (reply.value ?? 0) : 0;
    },
    putBack: () => link.say({ type: "put-back", id }),
  };
}

function refuseBadPolicy(policy: Policy): void {
  const [problem] = policyProblems(policy);
  if (problem === undefined) return;
  throw new BottleError("PLAN_INVALID", `the policy has problems: ${problem.path}: ${problem.message}`, {
    hint: "mend the rule or credential that is named; nothing was changed",
  });
}

/** Resolves after `ms`, or when the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
