import { ERROR_PAGES } from "../../src/core/model/error-pages.ts";
import { ERROR_CODES, type ErrorCode, type ErrorKind, EXIT_OF_KIND } from "../../src/core/model/errors.ts";
import { GENERATED, type Page, table } from "../page.ts";

const KINDS: Readonly<Record<ErrorKind, string>> = {
  usage: "What was asked cannot be done as it was asked.",
  manifest: "Something that you wrote in a manifest, or a value that it needs, is not right.",
  host: "This machine lacks something. `bottle doctor` says what to type.",
  bottle: "The bottle could not be made or kept. Nothing of it stays behind unless the code says so.",
  bug: "bot-bottle is wrong. Please report it with the output of `bottle doctor` and the message.",
};

/** The section of one code, which has its name as anchor. */
function page(code: string, meaning: string): string {
  const { example, causes, mend } = ERROR_PAGES[code as ErrorCode];
  const list = (items: readonly string[]) => items.map((item) => `- ${item}`).join("\n");
  return `### ${code}

${meaning[0]?.toUpperCase()}${meaning.slice(1)}.

\`\`\`
${example.join("\n")}
\`\`\`

Usual causes:

${list(causes)}

How to mend it:

${list(mend)}
`;
}

/** docs/errors.md, from the tables in core/model/errors.ts and error-pages.ts. */
export function errorPages(): Page[] {
  const sections = Object.entries(EXIT_OF_KIND).map(([kind, exit]) => {
    const codes = Object.entries(ERROR_CODES).filter(([, entry]) => entry.kind === kind);
    const rows = codes.map(([code, { meaning }]) => [`[\`${code}\`](#${code.toLowerCase()})`, meaning]);
    const pages = codes.map(([code, { meaning }]) => page(code, meaning));
    const overview = table(["code", "meaning"], rows);
    return `## ${kind} (exit code ${exit})\n\n${KINDS[kind as ErrorKind]}\n\n${overview}\n\n${pages.join("\n")}`;
  });
  const text = `# Errors

${GENERATED}

Every error that \`bottle\` raises has a message, a code from this page behind it in brackets, and below it, where there
is more to say than the message says, how to mend it:

\`\`\`
bottle: no agent is called claud [AGENT_UNKNOWN]
  did you mean claude? agents: claude, shell
\`\`\`

\`bottle help AGENT_UNKNOWN\` prints what stands here about it.

The exit codes below hold until the agent runs. After that \`start\` and \`exec\` pass on the agent's own exit code, 128+n
when signal n ended it, and 125 when bot-bottle itself failed.

${sections.join("\n")}`;
  return [{ path: "docs/errors.md", text }];
}
