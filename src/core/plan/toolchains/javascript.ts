import type { Toolchain } from "../../model/toolchain.ts";

/** nvm-sh/nvm: `versions/node/vX.Y.Z`, and names for versions as small files below `alias`. */
export const nvm: Toolchain = {
  name: "nvm",
  title: "Node.js of nvm",
  programs: ["node", "npm"],
  places: {
    nvm: {
      candidates: ["$NVM_DIR", "~/.nvm", "~/.config/nvm"],
      shows: ["versions/node", "alias", "nvm.sh", "nvm-exec"],
      lists: ["versions/node"],
      reads: ["alias", "alias/lts"],
    },
  },
  movable: true,
  arrange: ({ nvm: place }) => {
    if (place === undefined) return "not found";
    const { guest, entries, texts } = place;
    const version = nvmDefault(entries["versions/node"] ?? [], texts);
    if (version === null) return "it has no version of Node.js that its default names; see: nvm ls";
    return { bin: [`${guest}/versions/node/${version}/bin`], env: { NVM_DIR: guest } };
  },
};

/**
 * The installed version that nvm's default means: a version or the beginning of one, `node`, or the name of another
 * alias (`lts/*`, a word of the operator), followed at most eight times. Without a default the newest counts, as in
 * a shell in which only one was ever installed.
 */
export function nvmDefault(installed: readonly string[], aliases: Readonly<Record<string, string>>): string | null {
  const versions = installed.filter((name) => /^v\d+\.\d+\.\d+$/.test(name)).sort(byVersion);
  let wanted = aliases["alias/default"]?.trim() ?? "node";
  for (let hops = 0; hops < 8; hops++) {
    const next = aliases[`alias/${wanted}`];
    if (next === undefined) break;
    wanted = next.trim();
  }
  if (wanted === "node" || wanted === "stable") return versions.at(-1) ?? null;
  if (!/^v?\d+(?:\.\d+){0,2}$/.test(wanted)) return null;
  const start = wanted.startsWith("v") ? wanted : `v${wanted}`;
  return versions.findLast((version) => version === start || version.startsWith(`${start}.`)) ?? null;
}

function byVersion(one: string, other: string): number {
  const [a, b] = [one, other].map((version) => version.slice(1).split(".").map(Number)) as [number[], number[]];
  for (const [index, part] of a.entries()) {
    const difference = part - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Volta's own shims write locks beside themselves, so the default's real programs are shown instead. */
export const volta: Toolchain = {
  name: "volta",
  title: "Node.js of Volta",
  programs: ["node", "npm"],
  places: {
    volta: { candidates: ["$VOLTA_HOME", "~/.volta"], shows: ["tools/image"], reads: ["tools/user/platform.json"] },
  },
  movable: true,
  arrange: ({ volta: place }) => {
    const platform = voltaPlatform(place?.texts["tools/user/platform.json"] ?? "");
    if (place === undefined || platform.node === undefined) return "it has no default version; see: volta install node";
    const images = Object.entries(platform).map(
      ([tool, version]) => `${place.guest}/tools/image/${tool}/${version}/bin`,
    );
    return { bin: images.reverse(), env: {} };
  },
};

/** Versions of the default platform, `node` first. `{"node": {"runtime": V, "npm": V?}, "pnpm": V?, "yarn": V?}` */
function voltaPlatform(text: string): Readonly<Record<string, string>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {};
  }
  const { node, pnpm, yarn } = fields(value);
  const { runtime, npm } = fields(node);
  const versions = Object.entries({ node: runtime, npm, pnpm, yarn });
  return Object.fromEntries(
    versions.filter((entry): entry is [string, string] => /^\d[\w.+-]{0,60}$/.test(String(entry[1]))),
  );
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** A program of one file with the links to it, in a `bin` of its own. */
function oneProgram(name: string, title: string, candidates: readonly string[]): Toolchain {
  return {
    name,
    title,
    programs: [name],
    places: { [name]: { candidates, shows: ["bin"], lists: ["bin"] } },
    movable: true,
    arrange: ({ [name]: place }) =>
      place?.entries.bin?.includes(name) === true
        ? { bin: [`${place.guest}/bin`], env: {} }
        : `its bin has no program ${name}`,
  };
}

export const bun = oneProgram("bun", "Bun", ["$BUN_INSTALL", "~/.bun"]);
export const deno = oneProgram("deno", "Deno", ["$DENO_INSTALL", "~/.deno"]);
