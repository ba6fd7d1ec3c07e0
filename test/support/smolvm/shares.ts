import { existsSync, lstatSync, realpathSync } from "node:fs";
import { resolve } from "node:path";
import { RuntimeError } from "./store.ts";
import { atLeast } from "./version-order.ts";

const REFUSED_SOURCES = /^\/(?:var)?$|^\/(?:var\/run|var\/log|etc|usr|bin|sbin|lib|proc|sys|dev|run)(?:\/|$)/;

const unmounted = (what: string) => new RuntimeError(`mount operation failed: ${what}`);

/** As `HOST:GUEST:MODE`. Throws for what cannot be shown. */
export function volumesOf(version: string, texts: readonly string[]): string[] {
  const volumes = texts.map(checkVolume);
  const targets = volumes.map((volume) => volume.split(":")[1]);
  const twice = targets.find((target, index) => targets.indexOf(target) !== index);
  if (twice !== undefined && atLeast(version, "0.8.1")) {
    throw unmounted(`validate mounts: duplicate mount target: ${twice} is specified more than once`);
  }
  return volumes;
}

function checkVolume(volume: string): string {
  // Split at the last colon that is not a mode's: an unknown mode is taken for the folder inside.
  const mode = /:(r[ow])$/.exec(volume)?.[1];
  const shown = mode === undefined ? volume : volume.slice(0, -3);
  const at = shown.lastIndexOf(":");
  const [host, guest] = [shown.slice(0, at), shown.slice(at + 1)];
  if (at < 0) {
    throw new RuntimeError(`invalid mount path: invalid format '${volume}' (expected host:guest[:ro|:rw])`);
  }
  if (!existsSync(host)) throw new RuntimeError(`mount source not found: ${host}`);
  const real = realpathSync(host);
  const source = "validate host path: source path on host";
  if (!lstatSync(real).isDirectory()) {
    throw unmounted(`${source} must be a directory (virtiofs limitation): ${host}`);
  }
  if (REFUSED_SOURCES.test(real)) {
    throw unmounted(`${source} is a protected system path and cannot be mounted: ${real}`);
  }
  if (!guest.startsWith("/")) {
    throw unmounted(`validate guest path: target path on guest should be an absolute directory: ${guest}`);
  }
  return [real, guest, mode ?? "rw"].join(":");
}

/** As the record has it: the host's path in full. Throws for what is no pair of paths. */
export function checkSocket(version: string, socket: string): string {
  const [host = "", guest, ...more] = socket.split(":");
  if (host === "" || guest === undefined) {
    throw new RuntimeError(`config operation failed: mount-socket: expected HOST_PATH:GUEST_PATH, got '${socket}'`);
  }
  if (!guest.startsWith("/") && atLeast(version, "1.8.0")) {
    throw new RuntimeError(`config operation failed: publish-socket: guest path '${guest}' must be absolute`);
  }
  return [resolve(host), [guest, ...more].join(":")].join(":");
}
