import { lstatSync, readlinkSync, realpathSync } from "node:fs";
import type { Mount } from "../../core/model/plan.ts";
import type { HostView } from "./cage-arguments.ts";

const TOP_FOLDERS = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

/**
 * Public parts of /etc that programs need. Never /etc/ssl or /etc/pki as a whole: they hold private keys, which root
 * could read (attack row 146).
 */
const ETC = [
  "/etc/ssl/certs",
  "/etc/ssl/openssl.cnf",
  "/etc/pki/ca-trust",
  "/etc/pki/tls/certs",
  "/etc/pki/tls/openssl.cnf",
  "/etc/pki/tls/cert.pem",
  "/etc/ca-certificates/extracted",
  "/etc/crypto-policies",
  "/etc/alternatives",
  "/etc/ld.so.cache",
  "/etc/services",
  "/etc/protocols",
  "/etc/terminfo",
  "/etc/os-release",
  "/etc/localtime",
];

/** Looks at the host's system folders (effect: reads links). Sources are real paths, so that no link is followed later. */
export function lookAtHost(): HostView {
  const links: { path: string; target: string }[] = [];
  const binds: Mount[] = [];
  for (const path of TOP_FOLDERS) {
    try {
      if (lstatSync(path).isSymbolicLink()) links.push({ path, target: readlinkSync(path) });
      else binds.push({ host: path, guest: path });
    } catch {}
  }
  for (const path of ETC) {
    try {
      const host = realpathSync(path);
      // What is below /usr is there already; a link shows it without one more mount.
      if (host.startsWith("/usr/")) links.push({ path, target: host });
      else binds.push({ host, guest: path });
    } catch {}
  }
  return { links, binds };
}
