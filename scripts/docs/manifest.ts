import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type ManifestKey,
  manifestJsonSchema,
  manifestKeys,
  type SchemaNode,
} from "../../src/core/model/manifest-keys.ts";
import { SPEAKERS } from "../../src/core/plan/project-file.ts";
import { GENERATED, type Page, table } from "../page.ts";

const examples = join(import.meta.dirname, "../../examples");

/** docs/manifest.md and docs/bot-bottle.schema.json, from the schema in core/model/manifest.ts. */
export function manifestPages(): Page[] {
  return [
    { path: "docs/manifest.md", text: referencePage() },
    { path: "docs/bot-bottle.schema.json", text: `${formatJson(manifestJsonSchema(), "")}\n` },
  ];
}

const NOTIFICATIONS = `How you are told of what you do not watch: a request or a push that waits (\`approval\`), a copy that waits
(\`clipboard\`, with \`--clipboard ask\`), an agent that has ended (\`finished\`; \`crashed\` by a signal that nobody sent on purpose, with
its cage, its gateway or its host process), one that is quiet (\`stalled\`), and a disk that is nearly full (\`disk-low\`). After one
notice the next of its kind and bottle waits a minute, and says how many it stands for. \`--no-notify\` of \`start\`, \`resume\`
and \`attach\` turns it off.

Terminals are told by OSC 9 (OSC 777 in rxvt, a bell on a console). Inside your own tmux it passes with \`set -g allow-passthrough on\`,
and the bell marks the window in any case. A command gets the words in its environment, never as arguments, and nothing
else of yours but \`PATH\`, \`HOME\` and what a desktop is reached by:

\`\`\`jsonc
"notify": { "command": ["/bin/sh", "-c", "notify-send bottle \\"$BOTTLE_TEXT\\""], "events": ["approval", "finished", "crashed"] }
\`\`\``;

const DASHBOARD = `How you use \`bottle dashboard\` ([dashboard](dashboard.md)). A key that does two things in one place is an error, and so is one
that decides about a request and is Enter or Space:

\`\`\`jsonc
"dashboard": { "keys": { "stop": ["K"], "attach": ["ctrl-o"] }, "mouse": false }
\`\`\``;

function referencePage(): string {
  const keys = manifestKeys();
  const sections = [
    ["Bottles", "What a kind of bottle may reach, hold and use.", "bottles"],
    ["Agents", "What is typed after `bottle start`. Built-in agents need no entry.", "agents"],
    ["Notifications", NOTIFICATIONS, "notify"],
    ["Dashboard", DASHBOARD, "dashboard"],
  ].map(([title, text, root]) => {
    const own = keys.filter(({ path }) => path[0] === root && path.length > 1);
    return `## ${title}\n\n${text}\n\n${table(["key", "type", "project", "meaning"], own.map(row))}\n`;
  });
  return `# Manifest

${GENERATED}

A manifest says what your agents may do. It is optional: \`bottle start claude\` works without one. Yours is
\`bot-bottle.json\` in \`~/.config/bot-bottle/\` (or \`$XDG_CONFIG_HOME/bot-bottle/\`): JSON with comments and trailing commas.
For completion in an editor, point \`$schema\` at \`docs/bot-bottle.schema.json\` of your checkout.

Unknown keys are errors. All problems are shown at once, with file, line and column; a definition with a problem cannot be
started, all others can. What is not listed is not allowed, and an empty list allows nothing.

Paths are absolute or start with \`~/\`. Names have 1 to 41 lower-case letters, digits and hyphens.

## The project's file

A repository may carry a \`bot-bottle.json\` too. What it may say depends on who trusts it; the tables below say it of each
key, in the column "project".

- **any**: at once, whoever wrote it. That is new agents, under names that neither you nor bot-bottle use, with
  instructions, skills and what they may never reach. They run in your \`default\` bottle.
- **trusted**: after \`bottle trust\`, which shows every such key with its value, gravest first, and asks. Trust covers the
  very bytes of the file, those of every file that it names, and this place; when one byte changes, or a file comes or goes,
  the project is untrusted again, and says so. Its agents may then run in bottles of the project's own, which may build on
  each other and on your \`default\`, on no other bottle of yours.
- **no**: never, since the key reaches for this host: its programs, files, network and secrets in plain. That stands in your
  own file only. Nor may a project ask for \`bind\`, or use a name that you use.

Paths in a project's file lead below the project, to plain files: a link, a FIFO or a device on the way or inside is
refused by its name. [Decision 6](decisions/0006-what-a-trusted-project-may-say.md) says why the line runs there.

## Building on another bottle

\`extends\` names the bottles that a bottle builds on. What it says itself wins: a value replaces theirs, maps are merged
key by key, lists (rules, packs, denials) are joined with its own first. An entry of \`env\` or \`credentials\` is replaced as
a whole: half a credential of one bottle and half of another would be a third. A bottle that is reached twice counts once,
behind all that build on it. \`bottle info AGENT\` and \`bottle plan AGENT\` say which part came from where.

\`\`\`jsonc
"bottles": {
  "base": { "limits": { "memory": "2G" }, "egress": { "rules": [{ "host": "docs.example.com" }] } },
  "ci": { "extends": "base", "limits": { "cpus": 4 } }
}
\`\`\`

${sections.join("\n")}
## Values of \`env\`

| written | meaning |
| --- | --- |
| \`"text"\` | the text itself; it is part of the plan, so no secrets here |
| \`"\${NAME}"\` | the value of the host's variable NAME, read at start; unset is an error |
| \`"?question"\` | asked on the terminal at start |
| \`{"value": ..., "expose": true}\` | as above, although the value looks like a secret |

A copied value that is a declared credential, or that looks like a secret without \`expose\`, stops the start.
The variables that lead to the gateway (\`HTTPS_PROXY\`, \`SSL_CERT_FILE\` and their like) cannot be set.

## Order of rules

What \`deny\` lists, in a bottle or in an agent, goes before everything: no rule, pack or \`--allow\` lifts it. It denies a
path in every spelling that a server could take for it, \`HEAD\` with \`GET\`, and all of a spliced host as soon as it
denies a part, since nobody looks inside there.

Then your rules come first, then the agent's own, then \`--allow\`, then [rule packs](packs.md). The first rule that fits host, port, method and path decides;
a rule with \`body\` goes before one without, so that a broad rule never lifts the check of a model's requests. To permit a
tool that runs at the provider, write a rule with \`body\` and name it in \`allowProviderTools\`; the plan shows it as a risk.

## Examples

${exampleSections().join("\n")}`;
}

function exampleSections(): readonly string[] {
  const names = readdirSync(examples).filter((name) => name.endsWith(".json"));
  return names.sort().map((name) => {
    const text = readFileSync(join(examples, name), "utf8").trim();
    return `### ${name}\n\n\`\`\`jsonc\n${text}\n\`\`\`\n`;
  });
}

function row({ path, node, required }: ManifestKey): readonly string[] {
  const name = path.slice(1).join(".").replaceAll(".[]", "[]");
  return [`\`${name}\`${required ? " (required)" : ""}`, kindOf(node), speakerOf(path), node.description ?? ""];
}

/** Who may say a key in a project's file, in the words of the page. */
function speakerOf(path: readonly string[]): string {
  const speaker = SPEAKERS[path.join(".").replaceAll(".[]", "[]")] ?? "own";
  return speaker === "own" ? "no" : speaker;
}

function kindOf(node: SchemaNode): string {
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.map(kindOf))].join(" or ");
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``;
  if (node.enum !== undefined) return node.enum.map((value) => `\`${JSON.stringify(value)}\``).join(" or ");
  if (node.type === "array") return `list of ${node.items === undefined ? "anything" : kindOf(node.items)}`;
  const kinds: Readonly<Record<string, string>> = { string: "text", integer: "whole number", boolean: "true or false" };
  return kinds[node.type ?? ""] ?? node.type ?? "anything";
}

/** As Biome writes JSON: objects over several lines, short lists on one. */
function formatJson(value: unknown, indent: string): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items = value.map((item) => formatJson(item, inner));
    const line = `[${items.join(", ")}]`;
    if (!line.includes("\n") && indent.length + line.length < 80) return line;
    return `[\n${items.map((item) => `${inner}${item}`).join(",\n")}\n${indent}]`;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return "{}";
  const lines = entries.map(([key, item]) => `${inner}${JSON.stringify(key)}: ${formatJson(item, inner)}`);
  return `{\n${lines.join(",\n")}\n${indent}}`;
}
