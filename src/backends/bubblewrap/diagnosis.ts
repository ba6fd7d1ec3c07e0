import type { Finding } from "../../core/model/finding.ts";

const APPARMOR_MEND =
  "allow bwrap to make user namespaces: install apparmor-profiles, copy /usr/share/apparmor/extra-profiles/bwrap-userns-restrict to /etc/apparmor.d/ and run `apparmor_parser -r` on it; or `sysctl kernel.apparmor_restrict_unprivileged_userns=0`";

interface Known {
  readonly pattern: RegExp;
  readonly id: string;
  readonly message: string;
  readonly mend: string;
}

/** Words of bwrap, nsenter, the kernel and their causes (each seen in public reports or on a test machine). */
const KNOWN: readonly Known[] = [
  {
    pattern:
      /setting up uid map: Permission denied|Failed RTM_NEWADDR|uid_map: (Operation not permitted|EPERM|Permission denied)|EPERM.*(uid_map|gid_map|setgroups)|EACCES.*(uid_map|gid_map|setgroups)/,
    id: "userns-blocked",
    message: "this machine does not let bwrap use user namespaces (AppArmor does so on Ubuntu 23.10 and later)",
    mend: APPARMOR_MEND,
  },
  {
    pattern:
      /No permissions to creat(e|ing) new namespace|Creating new namespace failed: (Operation not permitted|Permission denied)/,
    id: "userns-forbidden",
    message: "unprivileged user namespaces are switched off",
    mend: "run `sysctl kernel.unprivileged_userns_clone=1` (Debian) or lift the AppArmor restriction; in a container, allow the unshare and clone calls",
  },
  {
    pattern: /No space left on device|max_.*_namespaces/,
    id: "userns-limit",
    message: "the limit of namespaces is reached or 0",
    mend: "run `sysctl user.max_user_namespaces=15000` (and the other user.max_*_namespaces)",
  },
  {
    pattern: /Unknown option|unrecognized option/,
    id: "tool-too-old",
    message: "bubblewrap or util-linux is too old",
    mend: "install bubblewrap 0.8 or newer and util-linux 2.36 or newer",
  },
  {
    pattern: /Can't find source path (.*): Permission denied/,
    id: "source-unreachable",
    message: "a folder that the bottle shows cannot be reached by it",
    mend: "move it below folders that its owner may enter",
  },
  {
    pattern: /Can't (mount|bind) on symlink|Can't mkdir parents/,
    id: "mount-refused",
    message: "this bubblewrap refuses a mount point",
    mend: "report this with `bwrap --version`",
  },
  {
    pattern: /Can't mount proc/,
    id: "proc-masked",
    message: "/proc cannot be mounted, as in most containers",
    mend: "run on the host, or start the container with an unmasked /proc",
  },
];

/** What a failed cage means and how it is mended, from the words that its tools left. Pure. */
export function diagnose(words: string): Finding {
  const known = KNOWN.find(({ pattern }) => pattern.test(words));
  if (known !== undefined) {
    return { id: known.id, level: "error", message: `${known.message}: ${firstLine(words)}`, mend: known.mend };
  }
  return {
    id: "cage-failed",
    level: "error",
    message: `the cage could not be made: ${firstLine(words) || "bwrap ended without a word"}`,
    mend: "run `bottle doctor`",
  };
}

function firstLine(words: string): string {
  return words.trim().split("\n")[0]?.slice(0, 300) ?? "";
}
