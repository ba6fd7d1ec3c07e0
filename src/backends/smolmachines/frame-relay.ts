import { FRAME_HEAD, FRAME_PIECE, FRAME_SIGNS, FRAME_WINDOW } from "../../core/wire/way-frames.ts";
import { GUEST } from "../guest.ts";
import type { Manner } from "./manner.ts";

/** Where the machine's root, and nobody else, reaches the relay from other commands of the machine. */
const DOOR = { folder: "/run/bottle-carriers", socket: "/run/bottle-carriers/door" } as const;
/** The relay's first word once it listens. */
export const READY = "ready";
/** Connections of a machine at a time; more wait until one ends. */
export const MOST_CONNECTIONS = 512;

/** PURE: lines of a shell, run as the machine's root before the relay. */
export function doorLines(rights: Manner["rights"]): string[] {
  const mount = `mount -t tmpfs -o mode=0700,nosuid,nodev,noexec,size=64k bottle ${DOOR.folder}`;
  return [`mkdir -p -m 0700 ${DOOR.folder}`, ...(rights === "all" ? [mount] : [])];
}

/** PURE: words of the relay for perl, after its text. */
export function frameRelayWords(port: number = GUEST.port, door: string = DOOR.socket): string[] {
  return [FRAME_RELAY, String(port), door];
}

/** PURE: words of a carrier: what it reads, the relay hears. */
export function carrierWords(door: string = DOOR.socket): string[] {
  return ["/usr/bin/perl", "-e", CARRIER, "--", door];
}

/** Words: path of the relay's socket. Ends when its input does, or the relay. */
const CARRIER = `use strict; use Socket;
$SIG{$_} = "IGNORE" for qw(PIPE HUP INT QUIT TERM);
my $relay;
socket($relay, AF_UNIX, SOCK_STREAM, 0) && connect($relay, pack_sockaddr_un($ARGV[0])) or die "relay: $!\\n";
for (;;) {
  my $read = ""; vec($read, $_, 1) = 1 for 0, fileno $relay;
  next if select($read, undef, undef, undef) < 0;
  exit 1 if vec($read, fileno $relay, 1);
  my $got = sysread STDIN, my $piece, 65536;
  next if !defined $got && $!{EINTR};
  exit($got // 1) unless $got;
  while (length $piece) {
    my $wrote = syswrite $relay, $piece;
    if (!defined $wrote) { next if $!{EINTR}; exit 1 }
    substr($piece, 0, $wrote) = "";
  }
}
`;

/**
 * Words: port, path of a socket to make. Each connection to the port goes over as frames: out by this program's output, and
 * in by its input, as far as that is used, and by carriers, who connect to the socket. What comes in is one stream of bytes,
 * of which each carrier brings a stretch: it says first where that begins (8 bytes). The same bytes may come twice, by two
 * carriers, when the host process cannot know whether the first ones arrived.
 */
const FRAME_RELAY = `use strict; use Socket; use IO::Handle; use Errno;
my ($port, $path) = @ARGV;
$SIG{$_} = "IGNORE" for qw(PIPE HUP INT QUIT TERM);
$SIG{CHLD} = "IGNORE"; # it may be the container's first process, which all orphans go to
sub ended { kill "KILL", -1; exit $_[0] }
my ($listener, $door);
socket($listener, AF_INET, SOCK_STREAM, 0) or die "socket: $!";
setsockopt($listener, SOL_SOCKET, SO_REUSEADDR, 1);
bind($listener, pack_sockaddr_in($port, INADDR_LOOPBACK)) or die "bind: $!";
listen($listener, 511) or die "listen: $!";
socket($door, AF_UNIX, SOCK_STREAM, 0) && bind($door, pack_sockaddr_un($path)) && listen($door, 16) or die "door: $!";
$_->blocking(0) for $listener, $door, *STDIN, *STDOUT;
my ($out, $heard, $taken, $thanked, $last) = ("${READY}\\n", "", 0, 0, 0);
my (%ones, %carriers);
my $first = $carriers{0} = { handle => \\*STDIN, at => 0 };
sub say { $out .= pack("CNN", @_[0 .. 2]) . ($_[3] // "") }
sub drop { my ($one, $told) = @_;
  delete $ones{$one->{id}};
  setsockopt $one->{handle}, SOL_SOCKET, SO_LINGER, pack("ii", 1, 0); # as a reset: what was cut is no end
  close $one->{handle};
  say(${FRAME_SIGNS.drop}, $one->{id}, 0) unless $told }
sub done { my ($one) = @_; return unless $one->{over} && $one->{shut}; delete $ones{$one->{id}}; close $one->{handle} }
sub flushed { my ($one) = @_;
  while (length $one->{out}) {
    my $wrote = syswrite $one->{handle}, $one->{out};
    if (!defined $wrote) { last if $!{EAGAIN} || $!{EINTR}; return drop($one) }
    substr($one->{out}, 0, $wrote) = "";
    $one->{took} += $wrote;
  }
  if ($one->{took} >= ${FRAME_WINDOW / 4}) { say(${FRAME_SIGNS.took}, $one->{id}, $one->{took}); $one->{took} = 0 }
  if ($one->{last} && !$one->{shut} && !length $one->{out}) { shutdown $one->{handle}, 1; $one->{shut} = 1; done($one) }
}
sub obey {
  while (length $heard >= ${FRAME_HEAD}) {
    my ($sign, $id, $count) = unpack "CNN", $heard;
    my $length = ${FRAME_HEAD} + ($sign == ${FRAME_SIGNS.data} ? $count : 0);
    last if length $heard < $length;
    my $bytes = substr $heard, ${FRAME_HEAD}, $length - ${FRAME_HEAD};
    substr($heard, 0, $length) = "";
    my $one = $ones{$id} or next; # it has gone here meanwhile
    if ($sign == ${FRAME_SIGNS.data}) {
      $one->{out} .= $bytes;
      ended(1) if length $one->{out} > ${FRAME_WINDOW} || $one->{last};
      flushed($one);
    }
    elsif ($sign == ${FRAME_SIGNS.took}) { $one->{credit} += $count }
    elsif ($sign == ${FRAME_SIGNS.end}) { $one->{last} = 1; flushed($one) }
    elsif ($sign == ${FRAME_SIGNS.drop}) { drop($one, 1) }
    else { ended(1) }
  }
}
sub carried { my ($carrier) = @_;
  my $begins = !defined $carrier->{at};
  my $got = sysread $carrier->{handle}, my $piece, $begins ? 8 - length $carrier->{head} : 65536;
  return if !defined $got && ($!{EAGAIN} || $!{EINTR});
  if (!$got) {
    ended(0) if $carrier == $first;
    delete $carriers{fileno $carrier->{handle}}; close $carrier->{handle};
    return;
  }
  if ($begins) {
    $carrier->{head} .= $piece;
    $carrier->{at} = unpack "Q>", $carrier->{head} if length $carrier->{head} == 8;
    return;
  }
  my $new = ($carrier->{at} += $got) - $taken;
  return if $new <= 0;
  $heard .= substr $piece, -$new;
  $taken += $new;
  obey();
}
for (;;) {
  if ($taken > $thanked) { say(${FRAME_SIGNS.read}, 0, $taken - $thanked); $thanked = $taken }
  while (length $out) {
    my $wrote = syswrite STDOUT, $out, 65536;
    if (!defined $wrote) { last if $!{EAGAIN}; next if $!{EINTR}; ended(1) }
    substr($out, 0, $wrote) = "";
  }
  my ($read, $write) = ("", "");
  vec($write, fileno STDOUT, 1) = 1 if length $out;
  vec($read, fileno $listener, 1) = 1 if keys %ones < ${MOST_CONNECTIONS};
  vec($read, fileno $door, 1) = 1 if keys %carriers < 32;
  while (my ($number, $one) = each %carriers) { vec($read, $number, 1) = 1 if !defined $one->{at} || $one->{at} <= $taken }
  for my $one (values %ones) {
    # The gate keeps what waits for the host process small.
    vec($read, fileno $one->{handle}, 1) = 1 if !$one->{over} && $one->{credit} > 0 && length $out < 262144;
    vec($write, fileno $one->{handle}, 1) = 1 if length $one->{out};
  }
  next if select($read, $write, undef, undef) < 0;
  for my $number (keys %carriers) {
    my $carrier = $carriers{$number} or next;
    carried($carrier) if vec($read, $number, 1);
  }
  my @open = values %ones;
  for my $one (@open) {
    my $number = fileno $one->{handle};
    flushed($one) if vec($write, $number, 1);
    next unless $ones{$one->{id}} && vec($read, $number, 1);
    my $most = $one->{credit} < ${FRAME_PIECE} ? $one->{credit} : ${FRAME_PIECE};
    my $got = sysread $one->{handle}, my $piece, $most;
    if (!defined $got) { drop($one) unless $!{EAGAIN} || $!{EINTR}; next }
    if ($got) { $one->{credit} -= $got; say(${FRAME_SIGNS.data}, $one->{id}, $got, $piece) }
    else { $one->{over} = 1; say(${FRAME_SIGNS.end}, $one->{id}, 0); done($one) }
  }
  # Last, since a new one may have the number of one that was closed above.
  if (vec($read, fileno $door, 1) && accept(my $inner, $door)) {
    $inner->blocking(0);
    $carriers{fileno $inner} = { handle => $inner, head => "" };
  }
  if (vec($read, fileno $listener, 1) && accept(my $inner, $listener)) {
    $inner->blocking(0);
    setsockopt($inner, 6, 1, 1); # TCP_NODELAY
    $last += 1;
    $ones{$last} = { id => $last, handle => $inner, out => "", took => 0, credit => ${FRAME_WINDOW} };
    say(${FRAME_SIGNS.open}, $last, 0);
  }
}
`;
