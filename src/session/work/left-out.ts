import type { BottleWork } from "./imported-work.ts";
import type { ImportedWork } from "./quarantine.ts";

/** What lies in the workspace and is in neither diff nor apply. */
export interface LeftOut {
  /** From the top of the workspace; the agent's text, not escaped. */
  readonly path: string;
  readonly why: string;
}

/** Repositories that the agent made or cloned within, and files that could not be read. Nothing is left out unsaid. */
export function leftOut({ base: { repositories } }: BottleWork, work: ImportedWork): readonly LeftOut[] {
  const at = (path: string) => (work.base.path === "" ? path : `${work.base.path}/${path}`);
  const inside = work.embedded.map(at).filter((path) => !repositories.some((known) => known.path === path));
  return [
    ...inside.map((path) => ({ path, why: "a repository that came into being in the bottle; bottle cp takes it out" })),
    ...work.missed.map((path) => ({ path: at(path), why: "unreadable, no regular file, too large or never still" })),
  ];
}
