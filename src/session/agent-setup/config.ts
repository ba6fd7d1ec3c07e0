import { realpath } from "node:fs/promises";
import { join } from "node:path";
import type { ConfigPart, ConfigSource, FoundConfig, HostFile } from "../../core/model/setup.ts";
import { refuseSource } from "../../core/plan/source-refusals.ts";
import { readTree, TREE_LIMITS } from "../../host/file-tree.ts";
import { readTextFile } from "../../host/files.ts";
import { hostFile, type SetupSource } from "./sources.ts";

/** An agent's own state file grows with every project that it has seen. */
const JSON_BYTES = 16 << 20;

/**
 * The chosen parts of the operator's configuration, as they lie below the home folder. What is not there is said, what
 * cannot be read or leads elsewhere is left out by name: the operator's own files never refuse a start.
 */
export async function findConfig(
  sources: readonly ConfigSource[],
  parts: readonly ConfigPart[],
  { home, bounds }: SetupSource,
): Promise<FoundConfig> {
  const top = await realpath(home).catch(() => home);
  const values: Record<string, unknown> = {};
  const files: HostFile[] = [];
  const leftOut: string[] = [];
  for (const { part, kind, path, ending } of sources.filter((source) => parts.includes(source.part))) {
    const leave = (below: string, why: string) => leftOut.push(`~/${below === "" ? path : `${path}/${below}`}: ${why}`);
    const place = join(top, path);
    const real = await realpath(place).catch(() => null);
    if (real === null) {
      // Of several places of one part it is enough to have one.
      if (sources.find((source) => source.part === part)?.path === path) leave("", "is not there");
      continue;
    }
    // Wherever the operator's own link leads, it is not to a folder of keys.
    const [folder = ""] = path.split("/");
    const own = await realpath(join(top, folder));
    const refusal = real === place ? null : refuseSource(real, { ...bounds, allowed: [own] });
    if (refusal !== null) leave("", `leads to ${real}, which must not be brought in`);
    else if (kind === "json") {
      const file = await readTextFile(real, { maxBytes: JSON_BYTES });
      const value = file.kind === "text" ? parsed(file.text) : undefined;
      if (value === undefined) leave("", file.kind === "unreadable" ? file.why : "is no JSON");
      else values[path] = value;
    } else {
      const tree = await readTree(real, TREE_LIMITS, (name) => ending === undefined || name.endsWith(ending));
      for (const fault of tree.faults) leave(fault.path, fault.why);
      files.push(
        ...tree.files.map((file) => ({ ...hostFile(file), path: kind === "file" ? path : `${path}/${file.path}` })),
      );
    }
  }
  return { parts, values, files, leftOut };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
