import { BottleError } from "../core/model/errors.ts";
import { exitCode } from "./exec.ts";
import { startProgram } from "./started-program.ts";

/**
 * Opens a file in the operator's editor (VISUAL, else EDITOR, else vi), on the terminal of this process, and waits for its
 * end. The words of the variable are a shell's, as git reads them. Errors: USAGE where it did not end in order.
 */
export async function openEditor(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  stdoutIsTerminal: boolean,
): Promise<void> {
  const editor = [env.VISUAL, env.EDITOR].find((words) => words !== undefined && words.trim() !== "") ?? "vi";
  const child = startProgram("/bin/sh", ["-c", `${editor} "$@"`, editor, file], {
    env: { ...env },
    // stdout is for what came of it.
    stdio: ["inherit", stdoutIsTerminal ? "inherit" : process.stderr, "inherit"],
  });
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (status, signal) => resolve(exitCode(status, signal)));
  });
  if (code === 0) return;
  throw new BottleError("USAGE", `the editor ended with exit ${code}, and nothing was answered`, {
    hint: `what was written is kept in ${file}: the same command opens it again; VISUAL or EDITOR names the editor`,
  });
}
