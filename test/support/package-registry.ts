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

/**
 * A stand-in of the npm registry on loopback: it has the packages `names` as they lie in the folder `modules`, and
 * nothing else. npm takes from it what it would take from the real one.
 */
export async function startPackageRegistry(modules: string, names: readonly string[]): Promise<PackageRegistry> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "");
    asked.push(`${request.method} ${path}`);
    const name = names.find((it) => path === `/${it}` || path === `/${it}.tgz`);
    if (request.method !== "GET" || name === undefined) return void response.writeHead(404).end("{}");
    const packed = tarball(modules, name);
    if (path.endsWith(".tgz")) return void response.writeHead(200).end(packed);
    const manifest: { version: string } = JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8"));
    const dist = {
      tarball: `http://${request.headers.host}/${name}.tgz`,
      integrity: `sha512-${createHash("sha512").update(packed).digest("base64")}`,
    };
    const { version } = manifest;
    response.writeHead(200, { "content-type": "application/json" });
    response.end(
      JSON.stringify({ name, "dist-tags": { latest: version }, versions: { [version]: { ...manifest, dist } } }),
    );
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

function tarball(modules: string, name: string): Buffer {
  const path = join(modules, name);
  const known = made.get(path);
  if (known !== undefined) return known;
  const args = ["-czf", "-", "-C", path, "--sort=name", "--mtime=@0", "--transform", "s,^\\./,package/,", "."];
  const packed = spawnSync("tar", args, { maxBuffer: 1 << 28 }).stdout;
  made.set(path, packed);
  return packed;
}
