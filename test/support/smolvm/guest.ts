import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type ImageConfig, type Machine, RuntimeError } from "./store.ts";

/** What the layer of a test's image holds in place of files: its programs are this machine's. */
export const HOST_PROGRAMS = ".programs-of-the-host";

const ETC = ["alternatives", "ld.so.cache", "ssl/openssl.cnf", "services", "protocols", "os-release", "terminfo"];

/** Reads a saved image (`docker save`), which is all that a test makes: no other layer is understood. */
export function readImage(path: string): ImageConfig {
  const member = (archive: string, name: string): Buffer => {
    const { status, stdout } = spawnSync("tar", ["-xOf", archive, name], { maxBuffer: 2 ** 20 });
    if (status !== 0) throw new RuntimeError(`agent operation failed: image: ${archive} has no ${name}`);
    return stdout;
  };
  const [manifest] = JSON.parse(member(path, "manifest.json").toString()) as { Config: string; Layers: string[] }[];
  if (manifest === undefined) throw new RuntimeError(`agent operation failed: image: ${path} is empty`);
  const layer = spawnSync("tar", ["-tf", "-"], { input: member(path, manifest.Layers[0] ?? "") });
  if (!layer.stdout.toString().includes(HOST_PROGRAMS)) {
    throw new RuntimeError("the stand-in unpacks no layers: its images show the programs of the host");
  }
  const { config = {} } = JSON.parse(member(path, manifest.Config).toString()) as { config?: ImageConfig };
  return config;
}

/** Makes the root folder that outlives a stop, once; what is written there is the overlay's. */
export function makeRoot(root: string): void {
  if (existsSync(root)) return;
  for (const folder of [
    "etc/ssl/certs",
    "home",
    "root",
    "run",
    "tmp",
    "var/tmp",
    "var/lock",
    "opt",
    "srv",
    "mnt",
    "workspace",
  ]) {
    mkdirSync(join(root, folder), { recursive: true, mode: folder === "root" ? 0o700 : 0o755 });
  }
  for (const folder of ["bin", "sbin", "lib", "lib32", "lib64", "libx32"]) {
    if (!existsSync(`/${folder}`)) continue;
    if (lstatSync(`/${folder}`).isSymbolicLink()) {
      spawnSync("ln", ["-s", readlinkSync(`/${folder}`), join(root, folder)]);
    } else mkdirSync(join(root, folder));
  }
  for (const folder of ["usr", "proc", "dev", "sys"]) mkdirSync(join(root, folder));
  // What Debian's images leave open to everybody.
  spawnSync("chmod", ["1777", join(root, "tmp"), join(root, "var/tmp"), join(root, "var/lock")]);
  writeFileSync(join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/bash\n");
  writeFileSync(join(root, "etc/group"), "root:x:0:\n");
  writeFileSync(join(root, "etc/shadow"), "root:*:1:0:99999:7:::\n", { mode: 0o600 });
}

/** What bubblewrap reads from `--args`: the guest of a machine. Needs root, as uids are passed through as virtiofs does. */
export function guestArguments(machine: Machine, root: string): string[] {
  const folders = readdirSync("/").filter((name) => /^(?:bin|sbin|lib\w*)$/.test(name));
  const plain = folders.filter((name) => !lstatSync(`/${name}`).isSymbolicLink());
  return [
    ...["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup", "--hostname", "container"],
    // Offline is a network namespace of its own; a machine with a network has the host's.
    ...(machine.network ? [] : ["--unshare-net"]),
    ...["--die-with-parent", "--as-pid-1", "--clearenv", "--cap-add", "ALL"],
    ...["--bind", root, "/", "--ro-bind", "/usr", "/usr"],
    ...plain.flatMap((name) => ["--ro-bind", `/${name}`, `/${name}`]),
    ...ETC.filter((name) => existsSync(`/etc/${name}`)).flatMap((name) => [
      "--ro-bind",
      realpathSync(`/etc/${name}`),
      `/etc/${name}`,
    ]),
    ...["--proc", "/proc", "--dev", "/dev"],
    ...["--perms", "1777", "--tmpfs", "/tmp", "--perms", "0755", "--tmpfs", "/run"],
    ...machine.volumes.flatMap((volume) => {
      const [host = "", guest = "", mode] = volume.split(":");
      return ["--perms", "0755", "--dir", dirname(guest), mode === "ro" ? "--ro-bind" : "--bind", host, guest];
    }),
    // The real one relays by vsock and mounts its end behind the volumes (crates/smolvm-agent/src/publish_socket.rs).
    ...machine.sockets.flatMap((socket) => {
      const [host = "", guest = ""] = socket.split(":");
      return ["--perms", "0755", "--dir", dirname(guest), "--bind", host, guest];
    }),
    ...["--chdir", "/"],
  ];
}
