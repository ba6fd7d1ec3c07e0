import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { BottleError } from "../../../core/model/errors.ts";
import type { ContextFile } from "./recipe.ts";

/** The folder of the program: `src` in a checkout, `dist` in the published package; both lie in the package's root. */
const CODE = join(import.meta.dirname, "../../..");
export const PACKAGE_ROOT = dirname(CODE);

/** The rooms that the sidecar's entry reaches, and the libraries; a test follows its imports. */
const ROOMS = ["core", "credentials", "host", "gateway", "sidecar"];
const LIBRARIES = ["undici", "zod"];

/** Version of bot-bottle, as its package says. */
export function ownVersion(): string {
  const version = packageField(join(PACKAGE_ROOT, "package.json"), "version");
  return typeof version === "string" ? version : "unknown";
}

/** Our own code and what it needs, for the folder /opt/bot-bottle of the sidecar's image. */
export function ownCode(folder: string): readonly ContextFile[] {
  const code = basename(CODE);
  const entry = `/opt/bot-bottle/${code}/sidecar/main.${code === "src" ? "ts" : "js"}`;
  return [
    text(`${folder}/sidecar`, launcher(entry), 0o755),
    // What Node needs to know of a package: that its files are modules.
    text(
      `${folder}/package.json`,
      `${JSON.stringify({ name: "bot-bottle", type: "module", version: ownVersion() })}\n`,
    ),
    ...ROOMS.flatMap((room) => tree(join(CODE, room), `${folder}/${code}/${room}`, OWN)),
    ...closure(LIBRARIES).flatMap((library) =>
      tree(libraryFolder(library), `${folder}/node_modules/${library}`, FOREIGN),
    ),
  ];
}

/** The same switches as scripts/node has, for the same reasons. */
const launcher = (entry: string): string => `#!/bin/sh
exec /usr/local/bin/node --disable-sigusr1 --no-concurrent-sparkplug --no-maglev-build-code-on-background \\
  --no-maglev-deopt-data-on-background ${entry} "$@"
`;

/** Libraries with those that they need themselves. */
function closure(names: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  const visit = (name: string) => {
    if (seen.has(name)) return;
    seen.add(name);
    const needs = packageField(join(libraryFolder(name), "package.json"), "dependencies");
    if (typeof needs === "object" && needs !== null) for (const other of Object.keys(needs)) visit(other);
  };
  for (const name of names) visit(name);
  return [...seen].sort();
}

/** As Node looks for packages: in node_modules of this folder and of each one above it. */
function libraryFolder(name: string): string {
  for (let folder = PACKAGE_ROOT; ; folder = dirname(folder)) {
    const found = join(folder, "node_modules", name);
    if (packageField(join(found, "package.json"), "name") === name) return found;
    if (folder === dirname(folder)) {
      throw new BottleError("HOST_UNFIT", `the library ${name} is not installed`, {
        hint: `install bot-bottle anew; looked in node_modules of ${PACKAGE_ROOT} and above`,
      });
    }
  }
}

function packageField(path: string, field: string): unknown {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, "utf8"));
    return typeof parsed === "object" && parsed !== null ? Reflect.get(parsed, field) : undefined;
  } catch {
    return undefined;
  }
}

/** What Node loads, and the licence; of libraries their TypeScript is only for editors. */
const OWN = /\.[jt]s$/;
const FOREIGN = /(?:\.[cm]?js|\.json|\.wasm|LICENSE)$/;

/** The files below `from`, which is of our own package, as files of the context; links in it are not followed. */
function tree(from: string, to: string, wanted: RegExp): readonly ContextFile[] {
  if (!existsSync(from)) return [];
  return readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && wanted.test(entry.name) && !entry.name.endsWith(".d.ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ path: `${to}/${relative(from, path)}`, mode: 0o644, content: readFileSync(path) }));
}

const text = (path: string, content: string, mode = 0o644): ContextFile => ({
  path,
  mode,
  content: Buffer.from(content),
});
