import { packWord } from "./pack-words.ts";

/** What `bottle init` was told. */
export interface StarterChoices {
  readonly by: "operator" | "project";
  /** null: none is defined; the built-in ones need no entry. */
  readonly agent: string | null;
  readonly provider: string;
  /** Name of the bottle definition to write; null: none. */
  readonly bottle: string | null;
  readonly prompt: string | null;
  /** Hosts with an optional port, and names of rule packs: what `--allow` takes. */
  readonly allow: readonly string[];
  readonly memory: string | null;
  readonly cpus: number | null;
}

const HEAD = {
  operator: [
    "// What your agents may do. It is optional: `bottle start claude` works without it.",
    "// Comments and trailing commas are fine; docs/manifest.md describes every key; `bottle plan AGENT` shows what comes of it.",
  ],
  project: [
    "// Agents for people who work on this project with bot-bottle. Whoever starts one runs it in a bottle of their own.",
    "// New agents with `provider`, `prompt` and `skills` work at once; all else only after `bottle trust`, for these very bytes.",
  ],
};

/**
 * The text of a first manifest, with comments. It is sound when the choices are; whoever writes it checks that
 * (`state/manifest-draft`), since the same check is needed for names that are taken.
 */
export function starterManifest(choices: StarterChoices): string {
  const { bottle, agent } = choices;
  const sections = [
    ...(bottle === null ? [] : [bottleSection(bottle, choices)]),
    ...(agent === null ? (choices.by === "operator" ? [AGENT_EXAMPLE] : []) : [agentSection(agent, choices)]),
  ];
  return [...HEAD[choices.by], "{", ...sections.flat(), "}", ""].join("\n");
}

function bottleSection(name: string, { by, allow, memory, cpus }: StarterChoices): readonly string[] {
  const limits = [
    ...(memory === null ? [] : [`"memory": ${quoted(memory)}`]),
    ...(cpus === null ? [] : [`"cpus": ${cpus}`]),
  ];
  const packs = allow.filter(isPack);
  const hosts = allow.filter((word) => !isPack(word));
  const who = by === "operator" && name === "default" ? "Agents that name no bottle run in `default`." : "";
  return [
    `  // Kinds of bottles: what may be reached, held and used. ${who}`.trimEnd(),
    '  "bottles": {',
    `    ${quoted(name)}: {`,
    '      "egress": {',
    "        // What is not listed here, or needed by the agent itself, is refused. The first rule that fits decides.",
    '        "rules": [',
    ...hosts.map((host) => `          { ${hostParts(host)} },`),
    '          // { "host": "api.example.com", "methods": ["GET"], "paths": ["/v1/*"] },',
    "        ],",
    "        // Ready-made rules for reading and not writing; docs/packs.md lists them.",
    packs.length === 0 ? '        // "packs": ["npm"],' : `        "packs": [${packs.map(quoted).join(", ")}],`,
    "      },",
    limits.length === 0
      ? '      // "limits": { "memory": "4G", "cpus": 2 },'
      : `      "limits": { ${limits.join(", ")} },`,
    "    },",
    "  },",
  ];
}

function agentSection(name: string, { provider, bottle, prompt, by }: StarterChoices): readonly string[] {
  const named = bottle !== null && bottle !== "default";
  return [
    "  // Agents: what is typed after `bottle start`.",
    '  "agents": {',
    `    ${quoted(name)}: {`,
    `      "provider": ${quoted(provider)},`,
    ...(named ? [`      "bottle": ${quoted(bottle)},`] : []),
    prompt === null ? '      // "prompt": "Standing instructions.",' : `      "prompt": ${quoted(prompt)},`,
    ...(by === "project" ? ['      // "skills": ["skills/release"],'] : []),
    "    },",
    "  },",
  ];
}

const AGENT_EXAMPLE: readonly string[] = [
  "  // Agents of your own: what is typed after `bottle start`.",
  '  // "agents": {',
  '  //   "reviewer": { "provider": "claude", "prompt": "You review pull requests. Be brief." },',
  "  // },",
];

function isPack(word: string): boolean {
  const meant = packWord(word);
  return meant !== null && "pack" in meant;
}

function hostParts(text: string): string {
  const [, host = text, port] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
  return port === undefined ? `"host": ${quoted(host)}` : `"host": ${quoted(host)}, "port": ${Number(port)}`;
}

/** JSON in one line; unprintable characters escaped, since people look at the file in a terminal. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
