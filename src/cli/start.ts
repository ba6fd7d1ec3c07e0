import { resolve } from "node:path";
import { BottleError } from "../core/model/errors.ts";
import type { StartRequest } from "../core/plan/start-request.ts";
import { launch } from "../session/launch.ts";
import { prepare } from "../session/prepare.ts";
import { runAgent } from "../session/run-agent.ts";
import type { Io } from "./io.ts";
import { report } from "./report.ts";
import { sessionContext } from "./session-context.ts";
import { flag, text, texts, type VerbInput, type VerbRun } from "./verb.ts";

function labels(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf("=");
      if (at <= 0)
        throw new BottleError("USAGE", `--label takes key=value, not ${word}`, {
          hint: "for instance --label team=core",
        });
      return [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}

/** The command line as a request; what only planning can judge is left to it. */
export function startRequest(input: VerbInput, io: Pick<Io, "cwd">): StartRequest {
  const [agent = "", path = "."] = input.positionals;
  const workspace = text(input, "workspace");
  return {
    agent,
    path: resolve(io.cwd, path),
    workspace: workspace === "clone" || workspace === "copy" || workspace === "bind" ? workspace : null,
    backend: text(input, "backend") ?? null,
    command: text(input, "command") ?? null,
    prompt: text(input, "prompt") ?? null,
    args: input.rest,
    name: text(input, "name") ?? null,
    labels: labels(texts(input, "label")),
    allow: texts(input, "allow"),
    withoutCgroup: flag(input, "withoutCgroup"),
    dryRun: flag(input, "dryRun"),
    rm: flag(input, "rm"),
  };
}

/** `bottle start`: plan, launch, run, close. The agent's exit code is ours; 125 when our part breaks after it began. */
export const start: VerbRun = async (input, io) => {
  const request = startRequest(input, io);
  if (text(input, "format") !== undefined && !request.dryRun) {
    throw new BottleError("USAGE", "--format says how --dry-run prints the plan, and --dry-run was not given", {
      hint: "add --dry-run, or leave --format out: what an agent prints is its own",
    });
  }
  const context = sessionContext(io);
  const { plan, backend } = await prepare(request, context);
  if (request.dryRun) {
    const { printPlan } = await import("./print-plan.ts");
    printPlan(plan, input, io);
    return 0;
  }
  for (const risk of plan.risks) context.say(`bottle: note: ${risk}`);
  const running = await launch(plan, backend, context, { removeFailed: request.rm });
  try {
    return await runAgent(running, backend, request.rm, context, io.stdoutIsTerminal);
  } catch (error) {
    report(error, io);
    return 125;
  }
};
