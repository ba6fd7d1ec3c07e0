import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

export interface PackageRegistry {
  readonly url: string;
  /** `METHOD path` of every request, in order. */
  readonly asked: readonly string[];
  close(): void;
}

/** A package as it is installed: its folder, and what its package.json says. */
interface Installed {
  readonly folder: string;
  readonly manifest: { readonly name: string; readonly version: string };
}

/** Everything that the checkout at `root` has installed and that is not for developers alone, by name. */
function installedIn(root: string): ReadonlyMap<string, readonly Installed[]> {
  const lock: { packages: Record<string, { dev?: true }> } = JSON.parse(
    readFileSync(join(root, "package-lock.json"), "utf8"),
  );
  const all = Object.entries(lock.packages)
    .filter(([path, { dev }]) => path !== "" && dev !== true)
    .map(([path]): Installed => {
      const folder = join(root, path);
      return { folder, manifest: JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) };
    });
  return Map.groupBy(all, ({ manifest }) => manifest.name);
}

/**
 * A stand-in of the npm registry on loopback: it has what the checkout at `root` has installed, as it lies there, and
 * nothing else. npm takes from it what it would take from the real one.
 */
export async function startPackageRegistry(root: string): Promise<PackageRegistry> {
  const asked: string[] = [];
  const packages = installedIn(root);
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "");
    asked.push(`${request.method} ${path}`);
    const [name = "", file] = path.slice(1).split("/-/");
    const versions = request.method === "GET" ? packages.get(name) : undefined;
    if (versions === undefined) return void response.writeHead(404).end("{}");
    if (file !== undefined) {
      const wanted = versions.find(({ manifest }) => file === `${manifest.version}.tgz`);
      return void (wanted === undefined ? response.writeHead(404).end() : response.end(tarball(wanted.folder)));
    }
    const described = versions.map(({ folder, manifest }) => {
      const dist = {
        tarball: `http://${request.headers.host}/${name}/-/${manifest.version}.tgz`,
        integrity: `sha512-${createHash("sha512").update(tarball(folder)).digest("base64")}`,
      };
      return [manifest.version, { ...manifest, dist }] as const;
    });
    // The shortest path is what the checkout itself uses.
    const latest = versions.toSorted((a, b) => a.folder.length - b.folder.length)[0]?.manifest.version;
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ name, "dist-tags": { latest }, versions: Object.fromEntries(described) }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    asked,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const made = new Map<string, Buffer>();

function tarball(folder: string): Buffer {
  const known = made.get(folder);
  if (known !== undefined) return known;
  const shape = ["--exclude=./node_modules", "--sort=name", "--mtime=@0", "--transform", "s,^\\./,package/,"];
  const args = ["-I", "gzip -1", "-cf", "-", "-C", folder, ...shape, "."];
  const packed = spawnSync("tar", args, { maxBuffer: 1 << 28 }).stdout;
  made.set(folder, packed);
  return packed;
}
