import { isName } from "../../core/model/ids.ts";
import { printable } from "../../core/wire/printable.ts";
import { listBottles } from "../../state/records.ts";
import type { Io } from "../io.ts";
import { sessionContext } from "../session-context.ts";
import type { KnownNames } from "./words.ts";

/** The names on this machine. Only what passes as a name is offered: it goes into a command line as it is. */
export function names(io: Io): KnownNames {
  return {
    bottles: () => orNone(bottles(io)),
    agents: () => orNone(agents(io)),
    providers: () => orNone(builtIn()),
    packs: () => orNone(packs()),
    archived: () => orNone(archived(io)),
    waiting: () => orNone(waiting(io)),
  };
}

const orNone = <T>(list: Promise<readonly T[]>): Promise<readonly T[]> => list.catch(() => []);

async function bottles(io: Io) {
  const listed = await listBottles(sessionContext(io).layout);
  return listed.map(({ name, record, state }) => {
    return { name, running: state === "running", summary: printable(`${record?.agent ?? "?"}, ${state}`, 80) };
  });
}

async function archived(io: Io) {
  const { listArchive } = await import("../../state/archived-bottles.ts");
  return (await listArchive(sessionContext(io).layout)).map(({ id, record, bundles }) => ({
    value: id,
    summary: `${record?.agent ?? "?"}${bundles.length === 0 ? "" : ", work that had not landed"}`,
  }));
}

async function builtIn() {
  const { providers } = await import("../../agents/providers.ts");
  return Object.entries(providers).map(([value, { title }]) => ({ value, summary: title }));
}

async function waiting(io: Io) {
  const { listItems } = await import("../../session/inbox.ts");
  const items = (await listItems(sessionContext(io))).filter(({ need }) => need === "answer");
  return items.map(({ id, bottle, title }) => ({ value: id, summary: printable(`${bottle}: ${title}`, 80) }));
}

async function packs() {
  const { PACK_NAMES } = await import("../../core/policy/packs.ts");
  return PACK_NAMES.map((value) => ({ value, summary: "read-only rule pack" }));
}

/** Built-in agents, those of the operator, and those that the project in the current folder adds. */
async function agents(io: Io) {
  const [{ providers }, { loadManifest }, { projectFolder }] = await Promise.all([
    import("../../agents/providers.ts"),
    import("../../state/manifests.ts"),
    import("../../session/project-folder.ts"),
  ]);
  const { layout, facts, cwd } = sessionContext(io);
  const project = await projectFolder(cwd, facts.home);
  const manifest = await loadManifest(
    { layout, workspace: project, home: facts.home, uid: facts.uid },
    providers,
  ).catch(() => null);
  const own = Object.keys(manifest?.agents ?? {}).filter(isName);
  const defined = own.map((value) => ({ value, summary: "of a manifest" }));
  return [...(await builtIn()).filter(({ value }) => !own.includes(value)), ...defined];
}
