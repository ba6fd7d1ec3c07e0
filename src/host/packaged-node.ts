import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { BottleError } from "../core/model/errors.ts";
import { type FetchContext, fetchPinnedProgram, type PinnedPackage, pinnedProgramPath } from "./npm-package.ts";

/** The Node of our own images: the package that scripts/node installs too, with the same checksums (a test compares). */
const VERSION = "24.21.0";
const SHA512: Readonly<Record<string, string>> = {
  x64: "3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
  arm64: "FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==",
};

/** What the Node of images can be, one for each architecture. */
export const nodeIdentities = (): readonly string[] => Object.keys(SHA512).map((arch) => identityOf(pinnedNode(arch)));

const identityOf = ({ name, version, sha512 }: PinnedPackage): string => `npm ${name}@${version} sha512-${sha512}`;

function pinnedNode(arch: string): PinnedPackage {
  const sha512 = SHA512[arch];
  if (sha512 === undefined) {
    throw new BottleError("HOST_UNFIT", `there is no packaged Node for linux-${arch}`, {
      hint: `the architectures are ${Object.keys(SHA512).join(" and ")}`,
    });
  }
  return { name: `node-linux-${arch}`, version: VERSION, sha512, file: "bin/node" };
}

/**
 * Node for Linux on `arch` (as `process.arch`), fetched with npm unless it is here. Errors: AGENT_BINARY_MISSING, and
 * HOST_UNFIT for an architecture without a package.
 */
export async function packagedNode(
  arch: string,
  context: Omit<FetchContext, "title" | "npm"> & { readonly npm: string | null },
): Promise<{ readonly path: string; readonly identity: string }> {
  const pinned = pinnedNode(arch);
  const identity = identityOf(pinned);
  const fetched = pinnedProgramPath(context.cache, pinned);
  // Where scripts/node puts it, after the same check.
  for (const path of [join(context.cache, `node-${VERSION}-linux-${arch}`, "bin/node"), fetched]) {
    if (await executable(path)) return { path, identity };
  }
  const { npm } = context;
  if (npm === null) {
    throw new BottleError("HOST_UNFIT", "npm, which would fetch Node for the image, is missing", {
      hint: "apt install npm",
    });
  }
  await fetchPinnedProgram(pinned, { ...context, npm, title: "Node" });
  return { path: fetched, identity };
}

const executable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
