import type { Finding } from "../core/model/finding.ts";
import { commandProblem } from "../host/notify-command.ts";
import { readNotifySettings } from "../state/notify-settings.ts";
import type { SessionContext } from "./context.ts";

/** Would the operator's notify command be run? Null: they name none. Nothing of it keeps a bottle from starting. */
export async function notifyFinding({ facts, layout }: SessionContext): Promise<Finding | null> {
  const { settings, problem } = await readNotifySettings(layout, facts.home, facts.uid);
  const { command } = settings;
  const why = problem ?? (command === null ? null : commandProblem(command));
  if (why !== null) {
    const mend = `mend notify in ${layout.operatorManifest}`;
    return { id: "notify", level: "warning", message: `the notify command tells nobody: ${why}`, mend };
  }
  return command === null ? null : { id: "notify", level: "ok", message: `notices go to ${command[0]}` };
}
