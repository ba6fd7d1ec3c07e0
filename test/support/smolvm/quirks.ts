import { atLeast } from "./version-order.ts";

/** Something that the FAKE smolvm does as its release did, which a driver must not stumble over. */
interface Quirk {
  /** The first release that no longer has it; absent: all known ones have it. */
  readonly until?: string;
  /** Off unless a test asks for it: sources disagree on it, and a driver must get by either way. */
  readonly asked?: true;
  /** What the upstream repository says of it: file, issue or pull request, and the release read. */
  readonly follows: string;
}

/** All on by default in their releases. */
export const QUIRKS = {
  /** The terminal inside is 0x0 and is told of no resize. */
  "no-size": { until: "0.8.1", follows: "issue 156, closed by PR 312" },
  /** A death by signal is 255. */
  "signal-255": { until: "0.8.1", follows: "src/cli/machine.rs v0.8.0" },
  /** `-e KEY` is dropped. */
  "key-dropped": { until: "0.8.1", follows: "src/cli/machine.rs v0.8.0" },
  /** `stop` of an unknown name ends with 0. */
  "stop-unknown": { until: "0.8.1", follows: "src/cli/machine.rs v0.8.0" },
  /** `delete` of a running machine leaves its VM process. */
  "delete-orphan": { until: "0.8.1", follows: "src/cli/machine.rs v0.8.0" },
  /** `delete` takes the disks before the VM process is gone. */
  "delete-early": { until: "1.7.2", follows: "issue 787" },
  /** Output above 11 MiB is cut and nobody is told; later it is an error. */
  "cut-output": { until: "1.0.0", follows: "src/cli/machine.rs v0.8.0" },
  /** A machine made `--from` a pack reads the pack at each start. */
  "pack-reread": { until: "1.0.0", follows: "src/cli/machine.rs v0.8.0" },
  /** Allow lists let everything through. */
  "allow-open": { until: "1.1.3", follows: "commit f8f7d148, PR 427" },
  /** Of two machines that come up at once one is said to be up before it is. */
  "shared-ready": { until: "1.2.5", follows: "release notes of 1.2.5" },
  /** Execs without -i and -t run in a container of their own. */
  "own-container": { until: "1.4.1", follows: "crates/smolvm-agent/src/oci.rs v0.8.0" },
  /** Every exec writes one shared config.json, in two halves; who reads between them fails. */
  "shared-config": { until: "1.4.1", follows: "crates/smolvm-agent/src/oci.rs v0.8.0" },
  /** Where one container stays, it is made by the first exec: two first ones share the config.json still. */
  "shared-first": { follows: "crates/smolvm-agent/src/oci.rs v1.4.1" },
  /** An exec that finds the first container not yet running deletes it by force. */
  "stale-container": { until: "1.4.1", follows: "crates/smolvm-agent/src/oci.rs v0.8.0" },
  /** Who joined the first container dies with its command; later one stays. */
  "joined-die": { until: "1.4.0", follows: "crates/smolvm-agent/src/oci.rs v0.8.0; the container that stays: v1.4.0" },
  /** Root inside has no right but Docker's (no SYS_ADMIN: no mount), and 1024 files. */
  "few-rights": { until: "1.2.3", follows: "default_capabilities, crates/smolvm-agent/src/oci.rs v0.8.0" },
  /** A start that fails leaves its VM process, of which neither stop nor delete knows. */
  "start-orphan": { until: "1.5.0", follows: "issue 582" },
  /** `--from` drops the allow flags. */
  "allow-dropped": { until: "1.8.0", follows: "run_from_smolmachine, src/cli/machine.rs" },
  /** Every file of a pack belongs to who extracts it. */
  "pack-owner": { until: "1.8.1", follows: "issue 501, PR 938" },
  /** The same, later only where smolvm itself runs as root. */
  "pack-owner-root": { until: "1.13.2", follows: "issues 1094 and 1095, PR 1096" },
  /** Much input of an `exec -i` stands still. */
  "stuck-input": { until: "1.8.1", follows: "issue 926, PR 931" },
  /** Eight clients are served; a ninth waits, and the machine looks unreachable. */
  "eight-clients": { follows: "issue 199, PR 1332" },
  /** `delete` without -f says `Cancelled` and ends with 0. */
  "delete-asks": { follows: "src/cli/machine.rs v0.8.0" },
  /** Whatever a pack's image says, its execs are root's. */
  "pack-root": { follows: "crates/smolvm-agent/src/oci.rs v0.8.0" },
  /** Who joins a container reads config.json as well, and fails where it is half written. */
  "joined-read": {
    asked: true,
    follows: "an earlier driver saw execs that overlapped fail so; crun's own source reads a copy",
  },
  /** Variables given at create are not seen by execs. */
  "create-env-unseen": { asked: true, follows: "tests/test_machine_image.sh says otherwise" },
} as const satisfies Readonly<Record<string, Quirk>>;

export type QuirkId = keyof typeof QUIRKS;

/** Has `version` this quirk? STAND_IN_QUIRKS, as `+shared-config,-no-size`, switches some on or off whatever the version. */
export function has(version: string, id: QuirkId, asked: string = process.env.STAND_IN_QUIRKS ?? ""): boolean {
  const words = asked.split(",");
  if (words.includes(`+${id}`)) return true;
  if (words.includes(`-${id}`)) return false;
  const quirk: Quirk = QUIRKS[id];
  return quirk.asked !== true && (quirk.until === undefined || !atLeast(version, quirk.until));
}
