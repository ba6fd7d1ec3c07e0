import { loadBackend } from "../backends/builtins.ts";
import { formatChanges } from "../core/changes/configuration.ts";
import { printable, printableJson } from "../core/wire/printable.ts";
import type { SessionContext } from "../session/context.ts";
import { type ConfigurationReport, changedConfiguration } from "../session/provisioned.ts";
import { bottlePaths } from "../state/layout.ts";
import { readRecord } from "../state/records.ts";
import { sessionContext } from "./session-context.ts";
import { text, type VerbRun } from "./verb.ts";

/** `bottle diff --config`: what the agent made of its own instructions, settings, skills and commands. */
export const configurationDiff: VerbRun = async (input, io) => {
  const [name = ""] = input.positionals;
  const { changes, whole } = await reportOf(name, sessionContext(io));
  if (text(input, "format") === "json") {
    io.out(`${printableJson({ schema: 1, bottle: name, whole, configuration: changes }, 2)}\n`);
    return 0;
  }
  if (changes.length === 0) io.say(`${name}: the agent's configuration is as it was placed`);
  if (!whole) io.say(`${name}: there is more in it than is looked at; what is missing is not told`);
  io.out(formatChanges(changes));
  return 0;
};

const NAMED = 5;

/** A line for whoever looks at the work; null: nothing changed, or nothing can be told. Never rejects. */
export async function configurationNote(name: string, context: SessionContext): Promise<string | null> {
  const { changes } = await reportOf(name, context).catch(() => ({ changes: [] }));
  if (changes.length === 0) return null;
  const named = changes.slice(0, NAMED).map(({ kind, path }) => `${kind} ${printable(path, 100)}`);
  const more = changes.length > NAMED ? ` and ${changes.length - NAMED} more` : "";
  return `the agent's own configuration: ${named.join(", ")}${more} (stays in the bottle; bottle diff --config ${name})`;
}

async function reportOf(name: string, context: SessionContext): Promise<ConfigurationReport> {
  const record = await readRecord(context.layout, name);
  const backend = await loadBackend(record.backend);
  return changedConfiguration({ name, backend, paths: bottlePaths(context.layout, name) }, context);
}
