import { realpath, stat } from "node:fs/promises";
import { providers } from "../agents/providers.ts";
import { DEFAULT_BOTTLE, EMPTY_MANIFEST, type Manifest, type ProjectStanding } from "../core/model/definition.ts";
import { BottleError } from "../core/model/errors.ts";
import type { Problem } from "../core/model/finding.ts";
import { readTextFile } from "../host/files.ts";
import { loadManifest } from "../state/manifests.ts";
import type { SessionContext } from "./context.ts";
import { projectFolder } from "./project-folder.ts";

/** Who says it; `built-in` needs no manifest. */
export type Writer = "built-in" | "operator" | "project";

export interface AgentLine {
  readonly name: string;
  readonly by: Writer;
  /** Has problems: cannot be started. */
  readonly broken: boolean;
  readonly provider: string | null;
  readonly bottle: string | null;
}

export interface BottleLine {
  readonly name: string;
  readonly by: Writer;
  readonly broken: boolean;
  /** Bottles that parts of it come from. */
  readonly buildsOn: readonly string[];
  readonly rules: number;
  readonly credentials: readonly string[];
}

/** What is set up for a project on this host. */
export interface Overview {
  readonly operatorFile: { readonly path: string; readonly present: boolean };
  readonly project: Omit<ProjectStanding, "files"> | null;
  readonly agents: readonly AgentLine[];
  readonly bottles: readonly BottleLine[];
  readonly problems: readonly Problem[];
  /** What stops every start: a manifest that cannot be used at all; null: nothing. */
  readonly unusable: string | null;
}

/** Reads the manifests for the project in `path`. What is wrong in them is part of the answer, never an error. */
export async function readOverview(path: string, context: SessionContext): Promise<Overview & { manifest: Manifest }> {
  const { layout, facts } = context;
  const real = await realpath(path).catch(() => null);
  if (real === null || !(await stat(real)).isDirectory()) {
    throw new BottleError("USAGE", `${path} is no folder`, { hint: "--path takes the folder of a project" });
  }
  const workspace = await projectFolder(real, facts.home);
  const file = await readTextFile(layout.operatorManifest, { maxBytes: 1 << 20 });
  const places = { layout, workspace, home: facts.home, uid: facts.uid };
  const [manifest, unusable] = await loadManifest(places, providers).then(
    (loaded) => [loaded, null] as const,
    (error: unknown) => {
      if (!(error instanceof BottleError) || error.code !== "MANIFEST_INVALID") throw error;
      return [EMPTY_MANIFEST, error] as const;
    },
  );
  const { project } = manifest;
  return {
    manifest,
    operatorFile: { path: layout.operatorManifest, present: file.kind !== "missing" },
    project: project === null ? null : withoutFiles(project),
    agents: agentLines(manifest),
    bottles: bottleLines(manifest),
    problems: unusable === null ? manifest.problems : problemsOf(unusable),
    unusable: unusable?.message.split("\n")[0]?.replace(/:$/, "") ?? null,
  };
}

function withoutFiles({ files: _, ...standing }: ProjectStanding): Omit<ProjectStanding, "files"> {
  return standing;
}

function problemsOf({ facts }: BottleError): readonly Problem[] {
  return (facts?.problems ?? []) as readonly Problem[];
}

function agentLines(manifest: Manifest): readonly AgentLine[] {
  const { agents, broken } = manifest;
  const defined = Object.entries(agents).map(([name, { provider = name, bottle = DEFAULT_BOTTLE, origin }]) => ({
    name,
    by: origin.by,
    broken: broken.bottles.includes(bottle),
    provider,
    bottle,
  }));
  const sick = broken.agents.map((name) => ({
    name,
    by: writerOf("agents", name, manifest),
    broken: true,
    provider: null,
    bottle: null,
  }));
  const known = new Set([...defined, ...sick].map(({ name }) => name));
  const builtIn = Object.keys(providers)
    .filter((name) => !known.has(name))
    .map((name) => ({
      name,
      by: "built-in" as const,
      broken: broken.bottles.includes(DEFAULT_BOTTLE),
      provider: name,
      bottle: DEFAULT_BOTTLE,
    }));
  return [...defined, ...sick, ...builtIn].sort(byName);
}

function bottleLines(manifest: Manifest): readonly BottleLine[] {
  const { bottles, broken } = manifest;
  const defined = Object.entries(bottles).map(([name, bottle]) => ({
    name,
    by: bottle.origin.by,
    broken: false,
    buildsOn: [...new Set(Object.values(bottle.inherited ?? {}))],
    rules: bottle.egress?.rules?.length ?? 0,
    credentials: Object.keys(bottle.credentials ?? {}),
  }));
  const none = { buildsOn: [], rules: 0, credentials: [] };
  const sick = broken.bottles.map((name) => ({ name, by: writerOf("bottles", name, manifest), broken: true, ...none }));
  const known = [...defined, ...sick];
  const builtIn = known.some(({ name }) => name === DEFAULT_BOTTLE)
    ? []
    : [{ name: DEFAULT_BOTTLE, by: "built-in" as const, broken: false, ...none }];
  return [...known, ...builtIn].sort(byName);
}

/** Whose definition it is that has problems: the operator's, unless all that is wrong with it stands in the project's file. */
function writerOf(section: "agents" | "bottles", name: string, { problems, project }: Manifest): Writer {
  const places = [`${section}.${name}`, `${section}[${JSON.stringify(name)}]`];
  const about = problems.filter(({ path }) =>
    places.some((place) => path === place || (path.startsWith(place) && /^[.[]/.test(path.slice(place.length)))),
  );
  return about.length > 0 && about.every(({ file }) => file === project?.file) ? "project" : "operator";
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
