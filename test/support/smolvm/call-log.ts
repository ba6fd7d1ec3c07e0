import { appendFileSync } from "node:fs";

/**
 * Writes each call of the FAKE smolvm to the file that STAND_IN_LOG names, a JSON line each: argv, the names of the
 * environment's variables and the exit code. Values of variables are never written.
 */
export function logCalls(argv: readonly string[], file: string | undefined = process.env.STAND_IN_LOG): void {
  if (file === undefined) return;
  const env = Object.keys(process.env)
    .filter((name) => !name.startsWith("STAND_IN_"))
    .sort();
  process.once("exit", (code) => appendFileSync(file, `${JSON.stringify({ argv: argv.map(hidden), env, code })}\n`));
}

/** The value behind `-e K=` and `--env K=` is hidden; a command's own words are not looked into. */
function hidden(word: string, at: number, argv: readonly string[]): string {
  const command = argv.indexOf("--");
  if (command >= 0 && at > command) return word;
  if (["-e", "--env"].includes(argv[at - 1] ?? "")) return word.replace(/=[\s\S]*$/, "=...");
  return word.replace(/^((?:-e=?|--env=)[^=]+)=[\s\S]*$/, "$1=...");
}
