import type { Toolchain } from "../../src/core/model/toolchain.ts";
import { gatewayEnv } from "../../src/core/plan/gateway-env.ts";
import { TOOLCHAINS } from "../../src/core/plan/toolchains.ts";
import { GENERATED, type Page, table } from "../page.ts";

/** docs/toolchains.md, from the table of toolchains and the variables that every bottle gets. */
export function toolchainPages(): Page[] {
  const names = Object.values(TOOLCHAINS);
  const variables = Object.entries(gatewayEnv("http://127.0.0.1:9099", "/run/bottle"));
  const text = `# Toolchains

${GENERATED}

Every bottle shows the programs of this host's system folders (/usr and what belongs to it), read-only. What a version
manager keeps in your home is shown when the bottle's definition names it:

\`\`\`jsonc
{ "bottles": { "default": { "tools": ["nvm", "rustup", { "path": "/opt/zig", "bin": ["."] }] } } }
\`\`\`

When a project has a Cargo.toml, go.mod, package.json, pyproject.toml or pom.xml and its bottle shows no program for it,
\`bottle start\` says so, and which name would show one. A toolchain that is named and not there is an error that says where
it was looked for, before anything is created.

## By name

${table(["name", "what", "looked for in", "shown of it"], names.map(row))}

Variables are those of the shell in which you type \`bottle start\`. Everything is read-only, and stands at the same path as
on the host; where that path is another folder inside (below /tmp or /var), at \`/opt/tools/NAME\`, unless its files name
each other by absolute path: then the start is refused. What is not listed is not there: neither credentials, nor caches,
logs or settings beside the programs.

## By path

\`{ "path": FOLDER, "bin": [...] }\` shows any other folder, whole; \`bin\` names the folders in it that come first on PATH
(\`bin\` when it is left out). It is refused when it is, contains or lies in what no agent may get: your home folder, folders
with credentials, those of bot-bottle. A project's file that you trust (\`bottle trust\`) may name toolchains; paths and caches
are yours alone.

## Caches

Each bottle has caches of its own, in its home, as long as it is not removed. \`"caches": { "go": "read-only" }\` lets Go
look at what you have downloaded yourself before it asks the module proxy; that shows the agent every module in there,
private ones too. go.sum is checked either way. Other tools write to the cache that they read, so theirs is not shared.

## What makes programs trust the gateway

Where rules are judged (\`inspect\`), programs meet certificates of the bottle's own authority. These variables are set in
every bottle and cannot be set in a manifest; besides, /etc/ssl/certs holds the same bundle, for programs that read none:

${table(
  ["variable", "value"],
  variables.map(([name, value]) => [`\`${name}\``, `\`${value}\``]),
)}

Java says on stderr that it picked up \`JAVA_TOOL_OPTIONS\`; options of your own belong into \`JDK_JAVA_OPTIONS\`,
\`MAVEN_OPTS\` or \`GRADLE_OPTS\`. Node.js before 22.21 reaches nothing by itself: its \`fetch\` and \`https\` know no proxy
(npm, yarn and pnpm do). A program with certificates built into it, or with a store of its own such as a browser's, needs
a rule with \`"mode": "splice"\`.
`;
  return [{ path: "docs/toolchains.md", text }];
}

function row({ name, title, places }: Toolchain): readonly string[] {
  const all = Object.values(places);
  const list = (words: readonly string[]) => words.map((word) => `\`${word}\``).join(", ");
  return [
    `\`${name}\``,
    title,
    all.map(({ candidates }) => list(candidates)).join("; "),
    all.map(({ shows }) => (shows.includes("") ? "all of it" : list(shows))).join("; "),
  ];
}
