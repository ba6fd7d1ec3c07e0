import { ruleLine } from "../../src/core/plan/explain.ts";
import { packRules, RULE_PACKS, type RulePack } from "../../src/core/policy/packs.ts";
import { GENERATED, type Page, table } from "../page.ts";

/** docs/packs.md, from the packs themselves. */
export function packPages(): Page[] {
  const overview = table(
    ["pack", "what works with it", "what stays refused"],
    RULE_PACKS.map(({ name, allows, refuses }) => [`[${name}](#${name})`, allows, refuses]),
  );
  const text = `# Rule packs

${GENERATED}

Ready-made rules with which a package manager, or git, can read and not write. None is on by default. Switch one on for a
kind of bottle in your manifest, or for one start on the command line:

\`\`\`jsonc
{ "bottles": { "default": { "egress": { "packs": ["npm"] } } } }
\`\`\`

\`\`\`sh
bottle start claude --allow npm
\`\`\`

When a request is refused that a pack would allow, the refusal says so to the agent, and \`bottle audit NAME --denied\` and
\`bottle why\` say it to you. A word that is no pack's name is a host, as ever: a host called \`npm\` is written \`npm:443\`.

A pack's hosts are the public ones. For a mirror of your own, write rules; where one of the public names is served by
something else, a \`dial\` in a rule of yours for that host and port counts for the pack too. A credential that you declare
for one of these hosts is written into what a pack allows. What you list under \`deny\` is denied to packs as well.

${overview}

${RULE_PACKS.map(section).join("\n")}`;
  return [{ path: "docs/packs.md", text }];
}

function section({ name, risks }: RulePack): string {
  const rows = packRules(name).map((rule) => {
    const line = ruleLine(rule).replace(/ {2}\[[^\]]*\]$/, "");
    const [where = "", what = ""] = line.split("  ");
    return [`\`${where}\``, `\`${what}\``];
  });
  const notes = risks.map((risk) => `\n${risk[0]?.toUpperCase() ?? ""}${risk.slice(1)}.\n`).join("");
  return `## ${name}\n\n${table(["where", "what"], rows)}\n${notes}`;
}
