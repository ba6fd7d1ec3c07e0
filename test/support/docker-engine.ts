import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { type Engine, engineHere, engineIn } from "../../src/backends/docker/engine.ts";
import { TAR_END, tarHeader, tarPadding } from "../../src/core/wire/tar-writer.ts";
import { programPath } from "./needs.ts";

/** Every `docker` on this machine: the one that is used, and those that shadow it on PATH; engines meet old and new ones. */
export function engineClients(): readonly Engine[] {
  const own = engineHere();
  const other = programPath("docker");
  return other === null || other === own.docker ? [own] : [own, engineIn(other, process.env)];
}

/** Calls docker and answers its stdout; throws with its words when it fails. */
export function docker(args: readonly string[], input?: Uint8Array): string {
  const { status, stdout, stderr } = spawnSync("docker", args, { input, encoding: "utf8", maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`docker ${args.join(" ")} ended with ${status}: ${stderr}`);
  return stdout;
}

/** A name that no other run has, for what a test makes in an engine that others use too. */
export const uniqueName = (what: string): string => `bot-bottle-test-${what}-${randomBytes(6).toString("hex")}`;

/** A tar of one file, enough for `docker import`. */
export function tinyTar(path: string, content: string): Buffer {
  const bytes = Buffer.from(content);
  const head = tarHeader({ path, type: "file", size: bytes.length, mode: 0o644, mtime: 0 });
  return Buffer.concat([head, bytes, tarPadding(bytes.length), TAR_END]);
}
