import { type CheckResult, importTarget, type ParsedFile } from "./source.ts";

const CORE = ["core"];
const HOST = ["host", ...CORE];
const STATE = ["state", ...HOST];
const RACKS = ["agents", "credentials"];
const SERVICES = ["gateway", "gitgate", "supervise"];

/** What each room of `src/` may import besides itself: only what lies below it. Rooms on one level never meet. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  agents: CORE,
  credentials: CORE,
  host: CORE,
  state: HOST,
  backends: HOST,
  gateway: ["credentials", ...HOST],
  gitgate: ["credentials", ...HOST],
  supervise: HOST,
  sidecar: [...SERVICES, "credentials", ...HOST],
  session: ["backends", ...SERVICES, ...RACKS, ...STATE],
  dashboard: ["session", ...STATE],
  demo: ["session", "backends", ...SERVICES, ...RACKS, ...STATE],
  cli: ["demo", "dashboard", "session", "backends", ...SERVICES, ...RACKS, ...STATE],
};

function roomOf(path: string): string {
  return path.split("/")[1] ?? "";
}

/** Imports between rooms point down, and go to files that exist. */
export function checkLayers(files: readonly ParsedFile[]): CheckResult {
  const known = new Set(files.map((file) => file.path));
  const problems: string[] = [];
  let imports = 0;
  for (const file of files) {
    const room = roomOf(file.path);
    const allowed = ROOMS[room];
    if (allowed === undefined)
      problems.push(`${file.path}:1: src/${room} is not a room; see ROOMS in scripts/check/layers.ts`);
    for (const { specifier, line } of file.imports) {
      imports++;
      const target = importTarget(file, specifier);
      if (target === null) continue;
      if (!target.startsWith("src/")) {
        problems.push(`${file.path}:${line}: imports ${target}, which is not part of the program`);
        continue;
      }
      if (!known.has(target)) problems.push(`${file.path}:${line}: imports ${target}, which does not exist`);
      const other = roomOf(target);
      if (other !== room && allowed !== undefined && !allowed.includes(other)) {
        problems.push(`${file.path}:${line}: src/${room} must not import src/${other} (${target})`);
      }
    }
  }
  return { problems, seen: `${files.length} files, ${imports} imports` };
}

/** No file reaches itself through imports, types included. Each cycle is reported once, with its path. */
export function checkCycles(files: readonly ParsedFile[]): CheckResult {
  const edges = new Map<string, readonly string[]>();
  for (const file of files) {
    const targets = file.imports.map(({ specifier }) => importTarget(file, specifier));
    edges.set(file.path, [...new Set(targets.filter((target) => target !== null))]);
  }
  const done = new Set<string>();
  const trail: string[] = [];
  const problems: string[] = [];
  const visit = (path: string) => {
    const open = trail.indexOf(path);
    if (open !== -1) {
      problems.push(`${path}:1: import cycle: ${[...trail.slice(open), path].join(" -> ")}`);
      return;
    }
    if (done.has(path)) return;
    trail.push(path);
    for (const next of edges.get(path) ?? []) visit(next);
    trail.pop();
    done.add(path);
  };
  for (const path of edges.keys()) visit(path);
  return { problems, seen: `${edges.size} files` };
}

/** A folder `x/` beside a file `x.ts` is private: only `x.ts` and the folder's own files import from it. */
export function checkPrivateFolders(files: readonly ParsedFile[]): CheckResult {
  const known = new Set(files.map((file) => file.path));
  const problems: string[] = [];
  const folders = new Set<string>();
  for (const file of files) {
    for (const { specifier, line } of file.imports) {
      const target = importTarget(file, specifier);
      if (target === null) continue;
      const parts = target.split("/");
      for (let depth = 2; depth < parts.length; depth++) {
        const folder = parts.slice(0, depth).join("/");
        const door = `${folder}.ts`;
        if (!known.has(door)) continue;
        folders.add(folder);
        if (file.path === door || file.path.startsWith(`${folder}/`)) continue;
        problems.push(`${file.path}:${line}: ${target} is private to ${door}`);
      }
    }
  }
  return { problems, seen: `${folders.size} private folders` };
}
