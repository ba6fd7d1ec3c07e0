import { spawn } from "node:child_process";
import { BottleError } from "../core/model/errors.ts";

/** The error for a program that the system would not start: missing, or no memory or process is left for it. */
export function unstarted(program: string, cause: unknown): BottleError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new BottleError("HOST_UNFIT", `cannot run ${program}: ${why}`, { cause, hint: "run `bottle doctor`" });
}

/**
 * As Node's spawn. Most reasons why a program cannot start come as `error` of the child; for others, as no memory
 * for it, Node throws. Errors: HOST_UNFIT for those.
 */
export const startProgram = ((program: string, ...rest: [never, never]) => {
  try {
    return spawn(program, ...rest);
  } catch (cause) {
    throw unstarted(program, cause);
  }
}) as typeof spawn;
