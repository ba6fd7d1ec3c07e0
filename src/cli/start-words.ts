import { resolve } from "node:path";
import { BottleError } from "../core/model/errors.ts";
import type { StartRequest } from "../core/plan/start-request.ts";
import type { Io } from "./io.ts";
import { labelsOf } from "./label-words.ts";
import { timeLimit } from "./limits.ts";
import { flag, text, texts, type VerbInput } from "./verb.ts";

/** The command line as a request; what only planning can judge is left to it. Errors: USAGE where no agent is named. */
export function startRequest(input: VerbInput, io: Pick<Io, "cwd">): StartRequest {
  const [agent = "", path = "."] = input.positionals;
  if (agent === "") {
    throw new BottleError("USAGE", "no agent is named", {
      hint: "bottle start claude; a line of --from may name its own",
    });
  }
  const workspace = text(input, "workspace");
  const bottle = text(input, "bottle");
  return {
    agent,
    ...(bottle !== undefined && { bottle }),
    path: resolve(io.cwd, path),
    workspace: workspace === "clone" || workspace === "copy" || workspace === "bind" ? workspace : null,
    backend: text(input, "backend") ?? null,
    command: text(input, "command") ?? null,
    prompt: text(input, "prompt") ?? null,
    args: input.rest,
    name: text(input, "name") ?? null,
    labels: labelsOf(texts(input, "label")),
    allow: texts(input, "allow"),
    withoutCgroup: flag(input, "withoutCgroup"),
    dryRun: flag(input, "dryRun"),
    rm: flag(input, "rm"),
    ...timeLimit(input),
  };
}
