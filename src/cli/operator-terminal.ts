import type { RunningBottle } from "../session/launch.ts";
import type { OperatorTerminal } from "../session/run-agent.ts";
import type { Io } from "./io.ts";
import { text, type VerbInput } from "./verb.ts";

/** What the operator has of this agent's run: this process's terminal or streams, or nothing of a detached one. */
export function operatorTerminal(
  { plan, paths }: RunningBottle,
  input: VerbInput,
  { hosted, stdoutIsTerminal }: Pick<Io, "hosted" | "stdoutIsTerminal">,
): OperatorTerminal {
  const asked = text(input, "clipboard");
  const clipboard = asked === "on" || asked === "ask" ? asked : "off";
  if (hosted === null) return { kind: "here", stdoutIsTerminal, clipboard };
  const { columns, rows, ready } = hosted;
  return { kind: "away", columns, rows, clipboard, begun: () => ready(plan.name, paths.hostLog) };
}
