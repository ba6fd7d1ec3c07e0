import type { GuestPlace, Toolchain } from "../../model/toolchain.ts";

/**
 * Managers of many tools keep each version in `installs/<tool>/<version>`. Their shims need the manager itself, its
 * plugins and its settings; shown and put on PATH are the installed programs of the operator's default versions.
 */
const INSTALLS = { shows: ["installs"], lists: ["installs", "installs/*", "installs/*/*"] } as const;

/** Versions by tool, as the operator's own file of defaults names them. */
type Defaults = ReadonlyMap<string, string>;

/** asdf-vm: defaults in `~/.tool-versions`. */
export const asdf: Toolchain = {
  name: "asdf",
  title: "what asdf installed",
  programs: [],
  places: { asdf: { candidates: ["$ASDF_DATA_DIR", "~/.asdf"], ...INSTALLS, reads: ["~/.tool-versions"] } },
  movable: false,
  arrange: ({ asdf: place }) => arrange(place, toolVersions(place?.texts["~/.tool-versions"] ?? "")),
};

/** mise: defaults in its own file, else as asdf has them. */
export const mise: Toolchain = {
  name: "mise",
  title: "what mise installed",
  programs: [],
  places: {
    mise: {
      candidates: ["$MISE_DATA_DIR", "~/.local/share/mise"],
      ...INSTALLS,
      reads: ["~/.tool-versions", "~/.config/mise/config.toml"],
    },
  },
  movable: false,
  arrange: ({ mise: place }) =>
    arrange(
      place,
      new Map([
        ...toolVersions(place?.texts["~/.tool-versions"] ?? ""),
        ...miseTools(place?.texts["~/.config/mise/config.toml"] ?? ""),
      ]),
    ),
};

function arrange(place: GuestPlace | undefined, defaults: Defaults) {
  const { guest = "", entries = {} } = place ?? {};
  const folders = [...(entries.installs ?? [])].sort().flatMap((tool) => {
    const version = chosen(entries[`installs/${tool}`] ?? [], defaults.get(tool));
    return version === null ? [] : [{ tool, path: `installs/${tool}/${version}` }];
  });
  if (folders.length === 0) return "it has no installed version that a default names";
  const java = folders.find(({ tool }) => tool === "java");
  return {
    bin: folders.map(({ path }) => {
      const inside = entries[path] ?? [];
      // asdf unpacks Go one level deeper; a few tools are a program and nothing else.
      const below = inside.includes("bin") ? "/bin" : inside.includes("go") ? "/go/bin" : "";
      return `${guest}/${path}${below}`;
    }),
    env: java === undefined ? {} : { JAVA_HOME: `${guest}/${java.path}` },
  };
}

/** The installed version that `wanted` means; without a default the newest; null for what is not installed here. */
function chosen(installed: readonly string[], wanted = "latest"): string | null {
  const versions = installed.filter((name) => /^[A-Za-z0-9][\w.+-]{0,80}$/.test(name));
  if (versions.includes(wanted)) return wanted;
  const fitting = wanted === "latest" ? versions : versions.filter((name) => name.startsWith(`${wanted}.`));
  return fitting.sort(new Intl.Collator("en", { numeric: true }).compare).at(-1) ?? null;
}

/** `.tool-versions`: a line for each tool, its name and versions, the first one first; `#` begins a comment. */
function toolVersions(text: string): Defaults {
  const lines = text.split("\n").map((line) => line.replace(/#.*/, "").trim().split(/\s+/));
  return new Map(lines.flatMap(([tool, version]) => (tool && version ? [[tool, version] as const] : [])));
}

/** `[tools]` of mise's config.toml: `node = "22"`, `node = ["22", "20"]`, `node = { version = "22" }`. */
function miseTools(text: string): Defaults {
  const [, section = ""] = /^\[tools\]\s*$([\s\S]*?)(?=^\[|(?![\s\S]))/m.exec(text) ?? [];
  const lines = section.matchAll(/^\s*"?([\w.:/@-]+)"?\s*=\s*(?:\[\s*|\{\s*version\s*=\s*)?"([^"\n]+)"/gm);
  return new Map(Array.from(lines, ([, tool = "", version = ""]) => [tool.replaceAll(/[:/@]+/g, "-"), version]));
}
