/** True for a path that means the same wherever it is read: absolute, or below the home folder as `~/`; no `..`, no NUL. */
export function isFixedPath(path: string): boolean {
  return /^(?:\/|~\/)/.test(path) && !path.split("/").includes("..") && !path.includes("\0");
}

/** `~/x` below `home`, anything else as it is. */
export function expandHome(path: string, home: string): string {
  return path.startsWith("~/") ? `${home}/${path.slice(2)}` : path;
}
