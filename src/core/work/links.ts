/**
 * Does a symbolic link in a tree lead out of it, or into git's own folder? `path` is the link's own, from the top;
 * `target` what it holds. Judged by the words alone, as another link on the way may lie anywhere: that one is judged too.
 */
export function linkLeaves(path: string, target: string): boolean {
  if (target === "" || target.startsWith("/") || target.startsWith("~")) return true;
  const at = path.split("/").slice(0, -1);
  for (const part of target.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      if (at.pop() === undefined) return true;
    } else {
      if (part.toLowerCase() === ".git") return true;
      at.push(part);
    }
  }
  return false;
}
