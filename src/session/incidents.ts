import type { IncidentKind } from "../core/model/incident.ts";
import type { Notice, NotifySettings } from "../core/model/notice.ts";
import { failedIncident, type IncidentWords, incidentOf } from "../core/notices/incidents.ts";
import { isFailure, unseenNotice } from "../core/notices/words.ts";
import { removePrivateFolder } from "../host/private-folder.ts";
import { newIncident, withdrawIncident, writeIncident } from "../state/incidents.ts";
import type { LivePaths } from "../state/layout.ts";
import { readNotifySettings } from "../state/notify-settings.ts";
import type { SessionContext } from "./context.ts";
import type { Notifier } from "./notifier.ts";

/** Writes down what happens to one bottle, for the operator's inbox; whether they are told is the notifier's business. */
export interface Incidents {
  /** After how long a silence is one, and so on; they hold with notices turned off, too. */
  readonly settings: NotifySettings;
  /** Keeps it, the first of its kind; nothing that goes wrong here changes the bottle. */
  tell(words: IncidentWords): void;
  /** It is over. */
  withdraw(kind: IncidentKind): void;
  /** Resolves when all is written. */
  settled(): Promise<void>;
}

/** `again`: the bottle was resumed, so what was told of its last run has been seen. */
export async function openIncidents(
  bottle: string,
  { incidents: folder }: Pick<LivePaths, "incidents">,
  notifier: Pick<Notifier, "settings"> | null,
  again: boolean,
  { facts, layout, say }: SessionContext,
): Promise<Incidents> {
  const settings = notifier?.settings ?? (await readNotifySettings(layout, facts.home, facts.uid)).settings;
  if (again) await removePrivateFolder(folder).catch(() => undefined);
  const told = new Set<IncidentKind>();
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (work: () => Promise<void>) => {
    last = last.then(work).catch((error: unknown) => {
      say(`bottle: ${bottle}: an incident is not kept: ${error instanceof Error ? error.message : String(error)}`);
    });
  };
  return {
    settings,
    tell: ({ kind, text, command }) => {
      if (told.has(kind)) return;
      told.add(kind);
      inTurn(() => writeIncident(folder, facts.uid, newIncident(kind, text, command)));
    },
    withdraw: (kind) => {
      if (told.delete(kind)) inTurn(() => withdrawIncident(folder, kind));
    },
    settled: async () => void (await last),
  };
}

/** How a run ended: by somebody's will, by its time limit; while somebody `watched` it on its own terminal; not `seen` by anybody. */
export interface EndTerms {
  readonly wanted: boolean;
  readonly timeLimit: boolean;
  readonly watched: boolean;
  readonly seen: boolean;
}

/** Keeps how the agent ended, where that was not in order. */
export function tellEnd(incidents: Pick<Incidents, "tell" | "withdraw">, notice: Notice, terms: EndTerms): void {
  const { wanted, timeLimit, watched, seen } = terms;
  incidents.withdraw("stalled");
  const known = incidentOf(seen ? notice : unseenNotice(notice.bottle), seen && timeLimit);
  if (known !== null) incidents.tell(known);
  // What a shell at which a person sits ends with is no news.
  else if (!watched && isFailure(notice, wanted)) incidents.tell(failedIncident(notice));
}
