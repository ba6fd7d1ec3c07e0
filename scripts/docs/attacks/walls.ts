import type { AttackSection } from "./row.ts";

export const WALLS: AttackSection = {
  title: "Ways past HTTP, and the walls",
  rows: [
    { row: 72, attack: "leave the proxy variables aside and dial", must: "no route: only the gateway's listener" },
    {
      row: 73,
      attack: "QUIC and other UDP, ICMP, SCTP, raw and packet sockets",
      must: "no way out, no CAP_NET_RAW",
    },
    { row: 74, attack: "IPv6 open where IPv4 is closed", must: "both are closed" },
    {
      row: 75,
      attack: "another port of the gateway or of the host, the listener of another bottle",
      must: "only the bottle's own listener is there, and it is not on the host",
    },
    { row: 76, attack: "one bottle talks to another", must: "a network and a listener of its own for each" },
    { row: 77, attack: "SOCKS or TLS at the HTTP port", must: "400: one protocol for one listener" },
    {
      row: 78,
      attack: "sockets of docker, containerd or podman, port 2375 (CVE-2025-9074, CVE-2026-6406)",
      must: "never mounted, never dialled",
    },
    {
      row: 79,
      attack: "abstract unix sockets of a shared network namespace (CVE-2020-15257)",
      must: "always a network namespace of its own",
    },
    {
      row: 80,
      attack: "unix sockets in shared folders: ssh-agent, gpg, D-Bus (as CVE-2026-21636)",
      must: "a list says what is mounted; no runtime folder",
    },
    { row: 81, attack: "vsock, or the host's loopback seen through a VMM", must: "that socket family does not exist" },
    {
      row: 82,
      attack: "`/proc/1/root`, environment or memory of other processes, inherited descriptors (CVE-2024-21626)",
      must: "a process namespace of its own; the gateway is outside; no descriptor of the host arrives",
    },
    {
      row: 83,
      attack: "ptrace of a helper while it enters the bottle",
      must: "nothing of it can be attached to or read; pid 1 is out of reach",
    },
    { row: 84, attack: "a new user namespace, for more of the kernel to attack", must: "refused by seccomp" },
    { row: 85, attack: "io_uring, to make socket calls that no filter sees", must: "refused by seccomp" },
    {
      row: 86,
      attack: "races and links while mounts are made (CVE-2025-31133, CVE-2025-52565, CVE-2025-52881, CVE-2026-87766)",
      must: "nothing is mounted below what the agent writes; mounts cannot be changed from inside; the runtime is a patched one",
      partial: "the version of the host's bubblewrap is not checked",
    },
    {
      row: 87,
      attack:
        "files that the host runs later: git hooks, `.git/config`, settings, CI files (CVE-2024-32002, CVE-2025-48384, CVE-2026-25725)",
      must: "they stay in the bottle until somebody has looked at them",
      partial: "a copy keeps them; `--workspace bind`, which is never a default, does not",
    },
    {
      row: 88,
      attack: "a repository redirects the API key by a base URL or proxy variable (CVE-2026-21852)",
      must: "a placeholder is worth something at its hosts only; the key is not inside",
    },
  ],
};
