import { ERROR_CODES, type ErrorKind, EXIT_OF_KIND } from "../../src/core/model/errors.ts";
import { GENERATED, type Page, table } from "../page.ts";

const KINDS: Readonly<Record<ErrorKind, string>> = {
  usage: "What was asked cannot be done as it was asked.",
  manifest: "Something that you wrote in a manifest, or a value that it needs, is not right.",
  host: "This machine lacks something. `bottle doctor` says what to type.",
  bottle: "The bottle could not be made or kept. Nothing of it stays behind unless the code says so.",
  bug: "bot-bottle is wrong. Please report it with the output of `bottle doctor` and the message.",
};

/** docs/errors.md, from the table in core/model/errors.ts. */
export function errorPages(): Page[] {
  const sections = Object.entries(EXIT_OF_KIND).map(([kind, exit]) => {
    const rows = Object.entries(ERROR_CODES)
      .filter(([, entry]) => entry.kind === kind)
      .map(([code, entry]) => [`\`${code}\``, entry.meaning]);
    return `## ${kind} (exit code ${exit})\n\n${KINDS[kind as ErrorKind]}\n\n${table(["code", "meaning"], rows)}\n`;
  });
  const text = `# Errors

${GENERATED}

Every error that \`bottle\` raises has a message, a code from this page behind it in brackets, and below it, where there
is more to say than the message says, how to mend it:

\`\`\`
bottle: no agent is called claud [AGENT_UNKNOWN]
  did you mean claude? agents: claude, shell
\`\`\`

The exit codes below hold until the agent runs. After that \`start\` and \`exec\` pass on the agent's own exit code, 128+n
when signal n ended it, and 125 when bot-bottle itself failed.

${sections.join("\n")}`;
  return [{ path: "docs/errors.md", text }];
}
