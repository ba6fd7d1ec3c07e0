/**
 * What runs somewhere else once it is pushed, or changes how git reads a tree. Folders end in a slash; a name without a
 * slash counts in every folder.
 */
export const PROTECTED_PATHS: readonly string[] = [
  ".github/workflows/",
  ".github/actions/",
  ".gitlab-ci.yml",
  ".gitlab/",
  ".gitea/",
  ".forgejo/",
  ".circleci/",
  ".buildkite/",
  ".woodpecker/",
  ".woodpecker.yml",
  ".drone.yml",
  ".travis.yml",
  "azure-pipelines.yml",
  "bitbucket-pipelines.yml",
  "Jenkinsfile",
  ".githooks/",
  ".husky/",
  "hooks/pre-receive",
  ".gitattributes",
  ".gitmodules",
];

/** Why this cannot be a protected path; null: it can. */
export function protectedPathProblem(text: string): string | null {
  if (text === "" || text.length > 500) return "1 to 500 characters";
  if (/[\0\n]/.test(text)) return "on one line";
  if (text.startsWith("/") || text.split("/").some((part) => part === "." || part === "..")) {
    return "a path from the top of the repository, without . and ..";
  }
  return null;
}

/** The entry that protects `path`; null: none does. Letters count in any case, since some file systems read them so. */
export function protector(path: string, entries: readonly string[]): string | null {
  const wanted = path.toLowerCase();
  const inside = `/${wanted}`;
  return (
    entries.find((entry) => {
      const text = entry.toLowerCase();
      // A link or a file in the place of a folder around it.
      if (text.startsWith(`${wanted}/`)) return true;
      if (text.endsWith("/")) return wanted.startsWith(text) || wanted === text.slice(0, -1);
      if (text.includes("/")) return wanted === text || wanted.startsWith(`${text}/`);
      return inside.endsWith(`/${text}`) || inside.includes(`/${text}/`);
    }) ?? null
  );
}
