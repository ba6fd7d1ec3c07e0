import { hash } from "node:crypto";
import type { Item } from "../core/inbox/item.ts";
import { byNeed, itemOf, itemOfIncident, type KnownRules } from "../core/inbox/items.ts";
import type { BottleRecord } from "../core/model/bottle-record.ts";
import { BottleError } from "../core/model/errors.ts";
import type { Incident } from "../core/model/incident.ts";
import { lostNotice } from "../core/notices/words.ts";
import { printable } from "../core/wire/printable.ts";
import { stateOf } from "../state/bottle-state.ts";
import { dismissIncident, readIncidents } from "../state/incidents.ts";
import { bottlePaths } from "../state/layout.ts";
import { readPolicy } from "../state/policy-file.ts";
import { readItems } from "../state/proposals.ts";
import { listBottles, readRecord } from "../state/records.ts";
import type { SessionContext } from "./context.ts";

/**
 * Everything that waits for the operator, and what happened and they have not seen: of the bottle called `name`, or of
 * all; what needs an answer first, each the oldest first. Reads files only, and few: a bottle that hangs hides nothing.
 * Errors: BOTTLE_NOT_FOUND.
 */
export async function listItems(
  { layout }: Pick<SessionContext, "layout">,
  name: string | null = null,
): Promise<readonly Item[]> {
  const listed = name === null ? await listBottles(layout) : [{ record: await readRecord(layout, name) }];
  const found = await Promise.all(listed.map(({ record }) => (record === null ? [] : itemsOf(record, layout))));
  return found.flat().sort(byNeed);
}

/** As `listItems`, of one bottle. */
export async function itemsOf(record: BottleRecord, layout: SessionContext["layout"]): Promise<readonly Item[]> {
  const paths = bottlePaths(layout, record.name);
  const state = stateOf(record);
  const [waiting, incidents] = await Promise.all([
    state === "running" ? readItems(paths.proposals) : [],
    readIncidents(paths.incidents),
  ]);
  const policy = waiting.length === 0 ? NO_RULES : ((await readPolicy(paths.policy).catch(() => null)) ?? NO_RULES);
  const known = incidents.map((incident) => itemOfIncident(record.name, incident));
  const lost = state === "lost" && !incidents.some(({ kind }) => kind === "crashed");
  return [
    ...waiting.map((source) => itemOf(record.name, source, policy)),
    ...known,
    ...(lost ? [itemOfIncident(record.name, lostIncident(record), false)] : []),
  ];
}

const NO_RULES: KnownRules = { rules: [] };

/** Its host process was killed, and wrote nothing of it. */
function lostIncident({ name, createdAt }: BottleRecord): Incident {
  const { text, command } = lostNotice(name);
  const id = `${hash("sha256", `${name} ${createdAt}`).slice(0, 8)}-lost`;
  return { schema: 1, id, kind: "crashed", text, command, createdAt };
}

/** The item called `id`, of whichever bottle. Errors: APPROVAL_NOT_FOUND. */
export async function findItem(id: string, context: Pick<SessionContext, "layout">): Promise<Item | null> {
  return (await listItems(context)).find((item) => item.id === id) ?? null;
}

/**
 * Takes away what happened and was seen: the incident called `id`, or all of the bottle of that name; how many these
 * were. Errors: APPROVAL_NOT_FOUND; USAGE for what waits for an answer, or goes only with its cause.
 */
export async function dismiss(what: string, { layout }: Pick<SessionContext, "layout">): Promise<readonly Item[]> {
  const items = await listItems({ layout });
  const found = items.filter((item) => item.id === what);
  const chosen = found.length > 0 ? found : items.filter((item) => item.bottle === what && item.need === "look");
  const bottles = found.length > 0 ? [] : await listBottles(layout);
  if (chosen.length === 0 && !bottles.some(({ name }) => name === what)) {
    throw new BottleError(
      "APPROVAL_NOT_FOUND",
      `nothing is called ${printable(what, 64)}, neither an incident nor a bottle`,
      {
        hint: "bottle approvals lists what happened, with its ids",
      },
    );
  }
  const [one] = found;
  if (one !== undefined && !one.answers.includes("dismiss")) {
    const waits = one.need === "answer";
    throw new BottleError("USAGE", waits ? `${what} waits for an answer` : `${one.title}: that is not over`, {
      hint: waits ? `bottle allow ${what}, or bottle deny ${what}` : (one.command ?? `bottle rm ${one.bottle}`),
    });
  }
  const gone: Item[] = [];
  for (const item of chosen.filter(({ answers }) => answers.includes("dismiss"))) {
    if (await dismissIncident(bottlePaths(layout, item.bottle).incidents, item.id)) gone.push(item);
  }
  return gone;
}
