import { readFile } from "node:fs/promises";

/** Where distributions keep their root certificates as one PEM file. */
const BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** The host's root certificates as PEM; Node's own list where no bundle is found. */
export async function hostRootsPem(): Promise<string> {
  for (const path of BUNDLES) {
    try {
      return await readFile(path, "utf8");
    } catch {
      // Not this distribution's place.
    }
  }
  const { rootCertificates } = await import("node:tls");
  return rootCertificates.join("\n");
}
