import type { SecretSource } from "../model/plan.ts";

/** How a source is named in messages and in the plan; never its value. */
export function describeSource(source: SecretSource): string {
  switch (source.kind) {
    case "env":
      return `the variable ${source.variable}`;
    case "file":
      return `the file ${source.path}`;
    case "command":
      // Arguments may hold what the operator would not want on a screen.
      return `what ${source.argv[0] ?? "the command"} prints`;
    case "json-file":
      return `${source.field.join(".")} in ${source.path}`;
  }
}
