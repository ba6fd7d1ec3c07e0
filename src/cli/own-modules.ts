import * as node from "node:module";

/**
 * From here on the modules of this program are loaded without asking Node's resolver about each: all are of one format,
 * name each other by relative paths, and are reached through no link. Node asks the disk several times for each import
 * and looks for a package.json in each folder, which is a tenth of all that a start does. Everything else, and a
 * path that leads out of the program, goes Node's own way.
 */
export function loadOwnModules(): void {
  const folder = new URL("../", import.meta.url).href;
  const format = import.meta.url.endsWith(".ts") ? "module-typescript" : "module";
  node.registerHooks({
    resolve(specifier, context, next) {
      if (specifier.startsWith("node:")) return { url: specifier, format: "builtin", shortCircuit: true };
      const url = joined(context.parentURL ?? "", specifier);
      return url?.startsWith(folder) ? { url, format, shortCircuit: true } : next(specifier, context);
    },
  });
}

/** `path` against `base`, as RFC 3986 section 5.2 resolves a relative path of plain names; null when it is no such path. */
function joined(base: string, path: string): string | null {
  if (!/^(?:\.\/|(?:\.\.\/)+)(?:[\w-]+\/)*[\w-][\w.-]*$/.test(path)) return null;
  let end = base.lastIndexOf("/");
  let at = path.startsWith("./") ? 2 : 0;
  while (path.startsWith("../", at)) {
    end = base.lastIndexOf("/", end - 1);
    at += 3;
  }
  return base.slice(0, end + 1) + path.slice(at);
}
