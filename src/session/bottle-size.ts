import type { Backend } from "../backends/backend.ts";
import type { HostFacts } from "../core/model/host-facts.ts";
import type { BottlePaths } from "../state/layout.ts";

/** Where most of what a bottle takes on the disk lies. */
export function agentFolders({ home, workspace, baseFolder }: BottlePaths): readonly string[] {
  return [home, workspace, baseFolder];
}

/** Measured from inside throw-away cages; what cannot be measured counts as nothing. */
export async function sizeOf(folders: readonly string[], backend: Backend, facts: HostFacts): Promise<number> {
  const sizes = await Promise.all(
    folders.map((folder) =>
      backend.measure(folder, facts).then(
        ({ bytes }) => bytes,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
