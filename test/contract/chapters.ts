import { EXEC } from "./chapters/exec.ts";
import { FAULTS } from "./chapters/faults.ts";
import { FILES } from "./chapters/files.ts";
import { FOLDERS } from "./chapters/folders.ts";
import { LIFECYCLE } from "./chapters/lifecycle.ts";
import { LIMITS } from "./chapters/limits.ts";
import { NETWORK } from "./chapters/network.ts";
import { TERMINAL } from "./chapters/terminal.ts";
import { WALLS } from "./chapters/walls.ts";
import type { Chapter, Clause } from "./clause.ts";

/** What a running bottle promises to whoever is in it. */
export const INSIDE: readonly Chapter[] = [EXEC, FILES, TERMINAL, NETWORK, WALLS, LIMITS];
/** How bottles begin and end, and what is left of them. */
export const LIFE: readonly Chapter[] = [LIFECYCLE, FAULTS, FOLDERS];

/** Everything that a backend promises about its bottles. */
export const CHAPTERS: readonly Chapter[] = [...INSIDE, ...LIFE];
export const CLAUSES: readonly Clause[] = CHAPTERS.flatMap(({ clauses }) => clauses);
