import { spawnSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { copyFolder, merge, unpackMerged, unpackSaved } from "./image.ts";
import { ownerOf, unpackPack } from "./pack.ts";
import { has } from "./quirks.ts";
import { pull } from "./registry-client.ts";
import { type ImageConfig, type Machine, machineFolder, RuntimeError } from "./store.ts";
import { atLeast } from "./version-order.ts";

/** What a layer of a test's image holds in place of programs: they are this machine's. Real files may lie beside it. */
export const HOST_PROGRAMS = ".programs-of-the-host";

const ETC = ["alternatives", "ld.so.cache", "ssl/openssl.cnf", "services", "protocols", "os-release", "terminfo"];

/** Is `root` one whose programs are the host's? Said beside it, where the guest does not come. */
const borrowed = (root: string): string => `${root}.${HOST_PROGRAMS.slice(1)}`;

/**
 * Makes the root folder that outlives a stop, once, from what the machine was made from. Answers the image's configuration
 * where that was learned only now.
 */
export async function makeRoot(version: string, machine: Machine, root: string): Promise<ImageConfig | null> {
  const { source } = machine;
  // The pack was read again at each start (src/cli/machine.rs v0.8.0).
  const base = source.kind === "pack" ? await packBase(version, machine, source.path) : "";
  if (existsSync(root)) return null;
  const made = `${root}.new`;
  rmSync(made, { recursive: true, force: true });
  mkdirSync(dirname(root), { recursive: true, mode: 0o700 });
  let config: ImageConfig | null = null;
  if (source.kind === "saved") await unpackSaved(source.path, made);
  else if (source.kind === "pack") await copyFolder(base, made);
  else if (source.kind === "registry") config = await pulled(machine, source.reference, made);
  else mkdirSync(made);
  if (source.kind === "bare" || existsSync(join(made, HOST_PROGRAMS))) {
    rmSync(join(made, HOST_PROGRAMS), { force: true });
    borrow(made);
    writeFileSync(borrowed(root), "");
  }
  for (const folder of ["proc", "dev", "sys", "tmp", "run", "workspace"])
    mkdirSync(join(made, folder), { recursive: true });
  const owner = source.kind === "pack" ? ownerOf(version) : null;
  // Only what is another's: a change of owner takes the set-user-id bit.
  if (owner !== null) {
    const who = `${owner}:${owner}`;
    spawnSync("find", [made, "!", "-uid", String(owner), "-exec", "chown", "-h", who, "{}", "+"]);
  }
  renameSync(made, root);
  return config;
}

async function packBase(version: string, { name }: Machine, path: string): Promise<string> {
  if (!has(version, "pack-reread")) return packLayers(name);
  if (!existsSync(path)) throw new RuntimeError(`config operation failed: start: no such pack: ${path}`);
  return unpackPack(version, path);
}

/** Where a machine keeps its own copy of a pack's layers (1.0.0 and newer). */
export const packLayers = (name: string): string => join(machineFolder(name), "layers");

async function pulled(machine: Machine, reference: string, root: string): Promise<ImageConfig> {
  if (machine.network === null) {
    throw new RuntimeError(`agent operation failed: pull: ${reference}: network is unreachable`);
  }
  const folder = mkdtempSync(`${root}.layers-`);
  try {
    const { config, layers } = await pull(reference, folder);
    await merge(layers, join(folder, "merged.tar"));
    await unpackMerged(join(folder, "merged.tar"), root, null);
    return config;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What Debian's images have, as far as an image says nothing else; its programs are shown from the host. */
function borrow(root: string): void {
  const made: string[] = [];
  for (const folder of ["etc/ssl/certs", "home", "root", "run", "tmp", "var/tmp", "var/lock", "opt", "srv", "mnt"]) {
    if (existsSync(join(root, folder))) continue;
    mkdirSync(join(root, folder), { recursive: true, mode: folder === "root" ? 0o700 : 0o755 });
    made.push(folder);
  }
  for (const folder of ["bin", "sbin", "lib", "lib32", "lib64", "libx32"]) {
    if (!existsSync(`/${folder}`) || existsSync(join(root, folder))) continue;
    if (lstatSync(`/${folder}`).isSymbolicLink()) {
      spawnSync("ln", ["-s", readlinkSync(`/${folder}`), join(root, folder)]);
    } else mkdirSync(join(root, folder));
  }
  mkdirSync(join(root, "usr"), { recursive: true });
  // What Debian's images leave open to everybody.
  const open = ["tmp", "var/tmp", "var/lock"].filter((folder) => made.includes(folder));
  if (open.length > 0) spawnSync("chmod", ["1777", ...open.map((folder) => join(root, folder))]);
  const texts = {
    passwd: "root:x:0:0:root:/root:/bin/bash\n",
    group: "root:x:0:\n",
    shadow: "root:*:1:0:99999:7:::\n",
  };
  for (const [name, text] of Object.entries(texts)) {
    const file = join(root, "etc", name);
    if (!existsSync(file)) writeFileSync(file, text, { mode: name === "shadow" ? 0o600 : 0o644 });
  }
}

/** What bubblewrap reads from `--args`: the guest of a machine. Needs root, as uids are passed through as virtiofs does. */
export function guestArguments(version: string, machine: Machine, root: string): string[] {
  const shown = (path: string): string[] => {
    const [host = "", guest = "", mode] = path.split(":");
    return ["--perms", "0755", "--dir", dirname(guest), mode === "ro" ? "--ro-bind" : "--bind", host, guest];
  };
  return [
    ...["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup"],
    // The machine's name since 1.9.0.
    ...["--hostname", atLeast(version, "1.9.0") ? machine.name : "container"],
    // A machine with a network has one of its own too, and a relay (relay.py).
    ...["--unshare-net", "--die-with-parent", "--as-pid-1", "--clearenv", "--cap-add", "ALL"],
    ...["--bind", root, "/", ...(existsSync(borrowed(root)) ? hostPrograms(root) : [])],
    ...["--proc", "/proc", "--dev", "/dev"],
    // Emptied by a stop since 1.2.3; before, they lie on the disk.
    ...(atLeast(version, "1.2.3") ? ["--perms", "1777", "--tmpfs", "/tmp", "--perms", "0755", "--tmpfs", "/run"] : []),
    ...machine.volumes.flatMap(shown),
    // The real one relays by vsock and mounts its end behind the volumes (crates/smolvm-agent/src/publish_socket.rs).
    ...machine.sockets.flatMap(shown),
    ...["--chdir", "/"],
  ];
}

function hostPrograms(root: string): string[] {
  const folders = readdirSync("/").filter((name) => /^(?:bin|sbin|lib\w*)$/.test(name));
  const plain = folders.filter((name) => !lstatSync(`/${name}`).isSymbolicLink());
  const etc = ETC.filter((name) => existsSync(`/etc/${name}`) && !existsSync(join(root, "etc", name)));
  return [
    ...["--ro-bind", "/usr", "/usr"],
    ...plain.flatMap((name) => ["--ro-bind", `/${name}`, `/${name}`]),
    ...etc.flatMap((name) => ["--ro-bind", realpathSync(`/etc/${name}`), `/etc/${name}`]),
  ];
}
