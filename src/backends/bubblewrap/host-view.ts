import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync } from "node:fs";
import type { Mount } from "../../core/model/plan.ts";
import { TRUST_FILES } from "../../core/plan/gateway-env.ts";
import { GUEST } from "../guest.ts";
import type { HostView } from "./cage-arguments.ts";

const TOP_FOLDERS = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

/**
 * Public parts of /etc that programs need. Never /etc/ssl or /etc/pki as a whole: they hold private keys, which root
 * could read (attack row 146).
 */
const ETC = [
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
  // What Debian's Maven cannot start without; settings.xml beside it may hold passwords.
  "/etc/maven/m2.conf",
  "/etc/maven/logging",
];

/**
 * Where programs that read no variable look for root certificates (GnuTLS, wget, anything started with an empty
 * environment): there stands what the gateway is trusted by. The host's own folder is shown where it has another form.
 */
const CERTS = "/etc/ssl/certs";
const OWN_CERTS: readonly { readonly path: string; readonly target: string }[] = [
  { path: `${CERTS}/ca-certificates.crt`, target: `${GUEST.run}/${TRUST_FILES.bundle}` },
  { path: `${CERTS}/java/cacerts`, target: `${GUEST.run}/${TRUST_FILES.java}` },
];

/** Debian's settings of each Java: without them none starts. Java elsewhere has its own beside its programs. */
function javaSettings(): readonly string[] {
  try {
    return readdirSync("/etc").flatMap((name) => (/^java-\d+-openjdk$/.test(name) ? [`/etc/${name}`] : []));
  } catch {
    return [];
  }
}

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
  const debian = isFolder(CERTS) && existsSync(`${CERTS}/ca-certificates.crt`);
  if (debian) links.push(...OWN_CERTS);
  for (const path of [...ETC, ...javaSettings(), ...(debian ? [] : [CERTS])]) {
    try {
      const host = realpathSync(path);
      // What is below /usr is there already; a link shows it without one more mount.
      if (host.startsWith("/usr/")) links.push({ path, target: host });
      else binds.push({ host, guest: path });
    } catch {}
  }
  return { links, binds };
}

function isFolder(path: string): boolean {
  try {
    return lstatSync(path).isDirectory();
  } catch {
    return false;
  }
}
