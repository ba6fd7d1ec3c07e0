import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Process } from "./bundle.ts";
import { has } from "./quirks.ts";
import { RuntimeError } from "./store.ts";
import { atLeast } from "./version-order.ts";
import type { Workload } from "./workload.ts";

export interface Identity {
  readonly user: Process["user"];
  /** Null: the accounts do not say. */
  readonly home: string | null;
}

const NUMBER = /^\d{1,10}$/;

/** `USER[:GROUP]` by the accounts of a root folder (resolve_process_identity, crates/smolvm-agent/src/oci.rs). Throws. */
function identityOf(root: string, spec: string): Identity {
  const [accounts, groups] = ["etc/passwd", "etc/group"].map((file) => rows(join(root, file))) as [Row[], Row[]];
  const [name = "", group, more] = (spec.trim() || "root").split(":");
  const account = accounts.find(([own, , uid]) => (NUMBER.test(name) ? uid === name : own === name));
  if (name === "" || group === "" || more !== undefined)
    throw new RuntimeError(`invalid user in OCI image config: ${spec}`);
  if (account === undefined && !NUMBER.test(name) && name !== "root") {
    throw new RuntimeError(`agent operation failed: exec: user '${name}' not found in container rootfs`);
  }
  const found = groups.find(([own]) => own === group);
  if (group !== undefined && !NUMBER.test(group) && found === undefined) {
    throw new RuntimeError(`agent operation failed: exec: group '${group}' not found in container rootfs`);
  }
  const uid = Number(account?.[2] ?? (name === "root" ? 0 : name));
  const gid = Number(group === undefined ? (account?.[3] ?? 0) : (found?.[2] ?? group));
  const additionalGids = groups
    .filter(
      ([, , id, members]) => Number(id) !== gid && account !== undefined && members?.split(",").includes(account[0]),
    )
    .map(([, , id]) => Number(id));
  return { user: { uid, gid, additionalGids }, home: account?.[5] ?? (uid === 0 ? "/root" : null) };
}

type Row = [string, ...string[]];

function rows(file: string): Row[] {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => line.split(":") as Row);
  } catch {
    return [];
  }
}

/**
 * Whose a command is. A fresh container is the image's user's (before 1.3.0 a registry image's only); who joins one is root
 * before 1.6.0 (docs of 1.3.0 and 1.6.0; crates/smolvm-agent/src/main.rs). A pack knows no user (issue 1202).
 */
export function whose(version: string, workload: Workload, root: string, joins: boolean): Identity {
  const kind = workload.source?.kind ?? "saved";
  const spec = workload.config.User ?? "";
  if (kind === "pack" && has(version, "pack-root")) return identityOf(root, "");
  if (joins) {
    if (!atLeast(version, "1.6.0")) return identityOf(root, "");
    // crun's --user takes numbers only, and names were resolved for it since 1.6.1 (issue 632).
    if (!atLeast(version, "1.6.1") && !/^[\d:]*$/.test(spec)) {
      throw new RuntimeError("agent operation failed: exec: crun: invalid USERSPEC specified");
    }
    return identityOf(root, spec);
  }
  return identityOf(root, atLeast(version, "1.3.0") || kind === "registry" ? spec : "");
}
