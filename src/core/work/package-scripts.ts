/** What of a package.json makes a package manager run or choose programs (npm, yarn, pnpm, bun). */
const RUNNING = [
  "scripts",
  "bin",
  "dependencies",
  "devDependencies",
  "optionalDependencies",
  "peerDependencies",
  "bundleDependencies",
  "bundledDependencies",
  "overrides",
  "resolutions",
  "trustedDependencies",
  "workspaces",
  "packageManager",
  "devEngines",
  "pnpm",
  "gypfile",
  "husky",
  "lint-staged",
  "simple-git-hooks",
  "pre-commit",
];

/** Which of the parts that run something differ; all of them when one side cannot be read. null: there is no file. */
export function packageScriptChanges(before: string | null, after: string | null): readonly string[] {
  if (after === null) return [];
  const old = before === null ? {} : fields(before);
  const now = fields(after);
  if (old === null || now === null) return ["a text that is no JSON"];
  return RUNNING.filter((key) => JSON.stringify(old[key]) !== JSON.stringify(now[key]));
}

function fields(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ""));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
