import { posix } from "node:path";
import { TRUST_FILES } from "../../core/plan/gateway-env.ts";
import { shellLine, shellWord } from "../../core/wire/shell-words.ts";
import { GUEST } from "../guest.ts";
import { SIGNS } from "./bring-up.ts";
import { doorLines, frameRelayWords, MOST_CONNECTIONS, READY } from "./frame-relay.ts";
import type { Manner } from "./manner.ts";
import { ownershipWords } from "./ownership-program.ts";

/** Where the machine sees the folder with the made-up /etc, and the gateway's socket. */
export const SHOWN = { etc: "/run/bottle-etc", socket: "/run/way/socket" } as const;
const KEPT = "/run/bottle-kept";

export interface HolderParts {
  readonly way: Manner["way"];
  readonly rights: Manner["rights"];
  readonly tmpBytes: number;
  /** Agent-writable folders, which are left as they are. */
  readonly writable: readonly string[];
  /** Places that lead to what could not be shown there. */
  readonly links: readonly { readonly guest: string; readonly target: string }[];
  /** What of the host the machine shows. */
  readonly shown: readonly string[];
  /** Its image came in a pack, whose files may all be the agent's. */
  readonly packed: boolean;
}

/**
 * PURE: words of the machine's first command, which it lives by. As root it makes the guest a bottle: the made-up
 * accounts, places of a bounded size, nothing else that can be written. Then it leads from 127.0.0.1 to the gateway, by its
 * socket or over its own input and output, since programs speak TCP. When its input ends, which the host process holds, it kills
 * whatever runs and ends.
 */
export function holderWords({ way, rights, tmpBytes, writable, links, shown, packed }: HolderParts): string[] {
  const size = `mode=1777,nosuid,nodev,size=${tmpBytes}`;
  const left = writable.flatMap((folder) => ["-path", shellWord(folder), "-o"]).join(" ");
  const kept = writable.filter((folder) => /^\/(?:tmp|var\/tmp|dev\/shm)\//.test(folder));
  const script = [
    "set -e",
    '[ "$(id -u)" = 0 ] || { echo "the image must run as root in its machine, and runs as $(id -u)" >&2; exit 3; }',
    ...(packed ? [shellLine(ownershipWords())] : []),
    `[ ! -d ${SIGNS} ] || chmod 0700 ${SIGNS}`,
    `for name in passwd group hosts nsswitch.conf resolv.conf; do cat ${SHOWN.etc}/$name >/etc/$name; done`,
    "mkdir -p /etc/ssl/certs",
    `ln -sfn ${GUEST.run}/${TRUST_FILES.bundle} /etc/ssl/certs/ca-certificates.crt`,
    `for top in /etc /home /media /mnt /opt /run /srv /var; do [ ! -d $top ] || find $top -xdev \\( ${left} -false \\) -prune -o -type d -perm -0002 -exec chmod o-w {} +; done`,
    ...(rights === "few" ? OWN_PLACES : mountedPlaces(kept, size)),
    // From 1.9.0 on it is the machine's name, which says the bottle's.
    "hostname container 2>/dev/null || :",
    ...links.map(
      ({ guest, target }) => `mkdir -p ${shellWord(posix.dirname(guest))} && ln -sfn ${shellLine([target, guest])}`,
    ),
    // Tools of an operator who is root: in images this folder is its owner's alone.
    ...(shown.some((guest) => guest.startsWith("/root/")) ? ["chmod o+x /root"] : []),
    ...(way === "exec" ? doorLines(rights) : []),
    "cd /",
    'exec env -i /usr/bin/perl -e "$0" -- "$@"',
  ].join("\n");
  const relay = way === "exec" ? frameRelayWords() : relayWords();
  return ["/bin/sh", "-c", script, ...relay];
}

/** PURE: words of the relay for perl, after its text. */
export function relayWords(port: number = GUEST.port, socket: string = SHOWN.socket): string[] {
  return [RELAY, String(port), socket];
}

/** Where nothing can be mounted: what all may write lies on the machine's disk, and is bounded by it. */
const OWN_PLACES: readonly string[] = ["mkdir -p /var/tmp", "chmod 1777 /tmp /var/tmp"];

/** PURE: lines that mount places of a bounded size; `kept` are workspaces below them, which stay. */
function mountedPlaces(kept: readonly string[], size: string): string[] {
  return [
    ...kept.map((folder, index) => `mkdir -p ${KEPT}/${index} && mount --bind ${shellWord(folder)} ${KEPT}/${index}`),
    `for folder in /tmp /var/tmp /dev/shm; do mount -t tmpfs -o ${size} bottle $folder; done`,
    // A workspace may lie below them.
    ...kept.map((folder, index) =>
      [
        `mkdir -p ${shellWord(folder)}`,
        `mount --bind ${KEPT}/${index} ${shellWord(folder)}`,
        `umount ${KEPT}/${index}`,
      ].join(" && "),
    ),
    "[ ! -d /sys/kernel ] || mount -t tmpfs -o ro,nosuid,nodev,noexec,size=4k bottle /sys",
    "[ ! -d /dev/mqueue ] || mount -t tmpfs -o ro,nosuid,nodev,noexec,size=4k bottle /dev/mqueue",
  ];
}

/** Words: port, path of a unix socket. Relays each connection, each direction to its own end. */
const RELAY = `use strict; use Socket; use IO::Handle; use Errno;
my ($port, $path) = @ARGV;
$SIG{$_} = "IGNORE" for qw(PIPE HUP INT QUIT TERM);
$SIG{CHLD} = "IGNORE"; # it may be the container's first process, which all orphans go to
socket(my $listener, AF_INET, SOCK_STREAM, 0) or die "socket: $!";
setsockopt($listener, SOL_SOCKET, SO_REUSEADDR, 1);
bind($listener, pack_sockaddr_in($port, INADDR_LOOPBACK)) or die "bind: $!";
listen($listener, 511) or die "listen: $!";
my ($most, %ends) = (262144);
sub drop { my ($one) = @_; my $other = $one->{other}; delete $ends{fileno $_->{handle}} for $one, $other;
  close $_->{handle} for $one, $other; undef $one->{other}; undef $other->{other} }
sub done { my ($one) = @_; drop($one) if $one->{shut} && $one->{other}{shut} }
sub flushed { my ($one) = @_;
  while (length $one->{out}) {
    my $wrote = syswrite $one->{handle}, $one->{out};
    if (!defined $wrote) { return 1 if $!{EAGAIN} || $!{EINTR}; drop($one); return 0 }
    substr($one->{out}, 0, $wrote) = "";
  }
  if ($one->{last} && !$one->{shut}) { shutdown $one->{handle}, 1; $one->{shut} = 1; done($one) }
  1 }
syswrite STDOUT, "${READY}\\n"; open(STDOUT, ">", "/dev/null");
for (;;) {
  my ($read, $write) = ("", "");
  vec($read, fileno STDIN, 1) = 1;
  # More wait until one ends: who has no number left for another one would turn round and round.
  vec($read, fileno $listener, 1) = 1 if keys %ends < ${2 * MOST_CONNECTIONS};
  while (my ($number, $one) = each %ends) {
    vec($read, $number, 1) = 1 if !$one->{over} && length $one->{other}{out} < $most;
    vec($write, $number, 1) = 1 if length $one->{out};
  }
  next if select($read, $write, undef, undef) < 0;
  if (vec($read, fileno STDIN, 1)) {
    my $got = sysread STDIN, my $rest, 4096;
    if (!$got) { kill "KILL", -1; exit 0 }
  }
  if (vec($read, fileno $listener, 1) && accept(my $inner, $listener)) {
    my $outer;
    if (socket($outer, AF_UNIX, SOCK_STREAM, 0) && connect($outer, pack_sockaddr_un($path))) {
      setsockopt($inner, 6, 1, 1); # TCP_NODELAY
      my @pair = map { $_->blocking(0); { handle => $_, out => "" } } $inner, $outer;
      ($pair[0]{other}, $pair[1]{other}) = @pair[1, 0];
      $ends{fileno $_->{handle}} = $_ for @pair;
    } else { close $inner }
  }
  for my $number (keys %ends) {
    my $one = $ends{$number} or next;
    if (vec($write, $number, 1)) { flushed($one) or next }
    next unless $ends{$number} && vec($read, $number, 1);
    my $got = sysread $one->{handle}, my $piece, 65536;
    if (!defined $got) { drop($one) unless $!{EAGAIN} || $!{EINTR}; next }
    if ($got) { $one->{other}{out} .= $piece } else { $one->{over} = 1; $one->{other}{last} = 1 }
    flushed($one->{other});
  }
}
`;
