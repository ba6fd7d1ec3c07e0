import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { onlyHere } from "../../../src/backends/service-ways.ts";
import { perl } from "../../support/probes.ts";
import type { Chapter } from "../clause.ts";
import { gatewayOnly } from "../gateway-only.ts";

/** `address%interface` of all that this machine has besides loopback. */
function ownInterfaces(): readonly { readonly id: string; readonly address: string; readonly device: string }[] {
  return Object.entries(networkInterfaces()).flatMap(([device, list]) =>
    (list ?? [])
      .filter(({ internal }) => !internal)
      .map(({ address }) => ({ id: `${address}%${device}`, address, device })),
  );
}

/** False when its address is not there any more. */
async function isListening(server: Server): Promise<boolean> {
  try {
    await once(server, "listening");
    return true;
  } catch (error) {
    assert.match(String(Reflect.get(Object(error), "code")), /^(EADDRNOTAVAIL|ENODEV|EINVAL)$/);
    return false;
  }
}

/** Ports on which something of this machine listens, in its own network namespace. */
function listeningPorts(): ReadonlySet<number> {
  const lines = ["tcp", "tcp6"].flatMap((name) => readFileSync(`/proc/net/${name}`, "utf8").split("\n").slice(1));
  const listening = lines.map((line) => line.trim().split(/\s+/)).filter((fields) => fields[3] === "0A");
  return new Set(listening.map((fields) => Number.parseInt(fields[1]?.split(":").at(-1) ?? "", 16)));
}

/** Connects by TCP to each `address port`, all at once, and prints those that answer. A link-local address needs its scope's number. */
const REACHED = `
  for my $target (@ARGV) {
    my ($host, $port) = split / /, $target;
    my $pid = fork() // die "fork: $!";
    if (!$pid) {
      alarm 3;
      my ($err, @found) = getaddrinfo($host, $port, { flags => AI_NUMERICHOST, socktype => SOCK_STREAM });
      for (@found) { socket(my $s, $_->{family}, SOCK_STREAM, 0) or next; print "$target\\n" if connect($s, $_->{addr}); }
      exit 0;
    }
  }
  1 while wait() > 0;`;
const reached = `use Socket qw(:all getaddrinfo); $| = 1; ${REACHED}`;

/** Prints the error number of a connection or of a datagram that came back, or `open`. */
function dial(family: string, type: string, address: string): string {
  return `use Socket qw(:all); socket(my $s, ${family}, ${type}, 0) or die "socket: $!";
    alarm 20; my $ok = connect($s, ${address});
    if ($ok && ${type} == SOCK_DGRAM) { send($s, "x", 0); my $r = ""; vec($r, fileno $s, 1) = 1;
      if (select($r, undef, undef, 5)) { $! = 0; $ok = defined sysread($s, my $b, 1) && !$! } else { $ok = 0; $! = 110 } }
    print $ok ? "open" : 0 + $!;`;
}

export const NETWORK: Chapter = {
  title: "the network as seen from inside",
  confined: true,
  clauses: [
    {
      id: "network-services",
      title: "part 22: the gateway runs where the backend says that it can, in the one way of this column",
      run: async ({ backend, contender, open }) => {
        const taken: string[] = [];
        await open({
          services: (bottle, cleanup) => {
            const ways = gatewayOnly(bottle, cleanup);
            return {
              here: (listener) => {
                taken.push("host");
                return ways.here(listener);
              },
              remote: (place) => {
                taken.push("sidecar");
                return ways.remote(place);
              },
            };
          },
        });
        assert.deepEqual(taken, [contender.services]);
        assert.ok(backend.capabilities.services.includes(contender.services));
      },
    },
    {
      id: "network-gateway",
      title: "parts 19, 24: the gateway answers, and what no rule lists is refused by it",
      run: async ({ shared }) => {
        const { sh, shell } = await shared();
        const { hostname, port } = new URL(shell.guest.proxyUrl);
        const ask = `exec 3<>/dev/tcp/$1/$2; printf 'CONNECT unlisted.invalid:443 HTTP/1.1\\r\\nHost: unlisted.invalid:443\\r\\n\\r\\n' >&3; head -1 <&3`;
        assert.match(await sh(ask, hostname, port), /^HTTP\/1\.1 403 /);
      },
    },
    {
      id: "network-listener",
      title: "the bottle's listener is this process's own: which one accepted is which bottle it was",
      run: async ({ open }) => {
        const { server, sh, shell } = await open({ services: () => onlyHere(async () => ({ caPem: "" })) });
        const { hostname, port } = new URL(shell.guest.proxyUrl);
        const accepted = once(server, "connection");
        const talk = sh("exec 3<>/dev/tcp/$1/$2; echo hello >&3; cat <&3", hostname, port);
        const [socket] = (await accepted) as [Socket];
        const [bytes] = (await once(socket, "data")) as [Buffer];
        assert.equal(bytes.toString(), "hello\n");
        socket.end("from the host\n");
        assert.equal(await talk, "from the host\n");
      },
    },
    {
      id: "network-no-port",
      title: "rows 75, 145: no port of the bottle is open on the host",
      run: async ({ shared }) => {
        const { shell } = await shared();
        const ports = listeningPorts();
        for (const port of [Number(new URL(shell.guest.proxyUrl).port), 9418, 9100]) {
          assert.ok(!ports.has(port), `port ${port}`);
        }
      },
    },
    {
      id: "network-direct",
      title: "rows 72, 73, 74: there is no way out: TCP, UDP and IPv6 to any other network reach nobody",
      run: async ({ shared }) => {
        const b = await shared();
        // No packet may leave even if this fails: nothing is dialled where somebody would take it.
        const routes = await b.sh("awk 'NR > 1 && $2 == \"00000000\" { print $3 }' /proc/net/route; true");
        const own = new Set(ownInterfaces().map(({ address }) => address));
        for (const hex of routes.split("\n").filter(Boolean)) {
          const gateway = Buffer.from(hex, "hex").reverse().join(".");
          assert.ok(!own.has(gateway), `a default route over ${gateway}, an address of this machine`);
        }
        const six = 'awk \'$1 ~ /^0+$/ && $2 == "00" && $NF != "lo"\' /proc/net/ipv6_route 2>/dev/null; true';
        assert.equal(await b.sh(six), "", "a default route of IPv6");
        // ENETUNREACH. Where a route leads to nobody, EHOSTUNREACH after the kernel has asked for it for three seconds,
        // and of a datagram nothing is said at all.
        const refused = routes === "" ? /^101$/ : /^(101|113)$/;
        const lost = routes === "" ? refused : /^(101|113|110)$/;
        // All at once: to wait for an answer that must not come takes seconds of each.
        const dials = ["SOCK_STREAM", "SOCK_DGRAM"].flatMap((type) => [
          ...["192.0.2.1", "198.51.100.1"].map(async (address) => {
            const to = `pack_sockaddr_in(53, inet_aton("${address}"))`;
            const expected = type === "SOCK_DGRAM" ? lost : refused;
            assert.match(await perl(b, dial("AF_INET", type, to)), expected, `${type} to ${address}`);
          }),
          (async () => {
            const to = `pack_sockaddr_in6(53, inet_pton(AF_INET6, "2001:db8::1"))`;
            assert.match(await perl(b, dial("AF_INET6", type, to)), /^(101|99|13)$/, `${type} of IPv6`);
          })(),
        ]);
        await Promise.all(dials);
      },
    },
    {
      id: "network-host",
      title:
        "rows 37, 75: what listens on the host is not reached, on loopback or on any interface that came with the bottle",
      run: async ({ open }) => {
        const before = new Set(ownInterfaces().map(({ id }) => id));
        const b = await open();
        const came = ownInterfaces().filter(({ id }) => !before.has(id));
        const servers = [
          "127.0.0.1",
          ...came.map(({ id, address }) => (address.startsWith("fe80:") ? id : address)),
        ].map((host) => ({ host, server: createServer((socket) => socket.end("host")) }));
        try {
          const targets: string[] = [];
          for (const { host, server } of servers) {
            server.listen(0, host);
            // An interface of another run's bottle may have gone by now.
            if (!(await isListening(server))) continue;
            const { port } = server.address() as { port: number };
            if (!host.includes("%")) targets.push(`${host} ${port}`);
            // The number of an interface inside is small; each is tried.
            else
              for (let scope = 1; scope < 10; scope += 1) targets.push(`${host.replace(/%.*/, `%${scope}`)} ${port}`);
          }
          assert.ok(targets.length > 0);
          assert.equal(await perl(b, reached, ...targets), "");
        } finally {
          for (const { server } of servers) server.close();
        }
      },
    },
    {
      id: "network-siblings",
      title: "rows 75, 76: a server in one bottle is not reached from another, and neither is its gateway",
      run: async ({ open }) => {
        const [one, two] = [await open(), await open()];
        const addresses = await two.sh(
          'awk \'/32 host/ { print f } { f = $2 }\' /proc/net/fib_trie | sort -u; awk \'$6 != "lo" { gsub(/..../, "&:", $1); sub(/:$/, "", $1); print $1 }\' /proc/net/if_inet6 2>/dev/null; true',
        );
        const script = `use Socket; socket(my $s, AF_INET, SOCK_STREAM, 0); bind($s, pack_sockaddr_in(5151, INADDR_ANY)); listen($s, 5) or die;
          open my $f, ">", "$ENV{HOME}/up"; close $f; while (accept(my $c, $s)) { print $c "two"; close $c }`;
        const serving = two.bottle.exec({ argv: ["/usr/bin/perl", "-e", script] });
        serving.catch(() => undefined);
        await two.sh("until [ -e ~/up ]; do sleep 0.02; done; cat </dev/tcp/127.0.0.1/5151");
        const { hostname, port } = new URL(two.shell.guest.proxyUrl);
        const gateway = await two.sh('getent hosts "$1" | cut -d" " -f1', hostname);
        const others = `${addresses}${gateway}`.split("\n").filter((line) => line !== "" && !line.startsWith("127."));
        const targets = ["127.0.0.1 5151", ...others.flatMap((address) => [`${address} 5151`, `${address} ${port}`])];
        assert.equal(await perl(one, reached, ...targets), "");
      },
    },
    {
      id: "network-names",
      title: "row 40: part B44: no name resolves, neither through the system's resolver nor by asking one directly",
      run: async ({ shared }) => {
        const b = await shared();
        const looked = await b.bottle.exec(
          { argv: ["/usr/bin/getent", "hosts", "name.invalid"] },
          { timeoutMs: 20_000 },
        );
        assert.equal(looked.code, 2);
        // A query for A of `name.invalid` to whatever may listen: the answer, if any, holds no address.
        const out = await perl(
          b,
          `use Socket; my $q = pack("n6", 7, 0x0100, 1, 0, 0, 0) . "\\4name\\7invalid\\0" . pack("n2", 1, 1);
           open my $f, "<", "/etc/resolv.conf"; my @servers = ("127.0.0.1", "127.0.0.11", map { /^nameserver\\s+([\\d.]+)/ ? $1 : () } $f ? <$f> : ());
           for my $server (@servers) { for my $type (SOCK_DGRAM, SOCK_STREAM) {
             next if fork() // die "fork: $!";
             for (1) { socket(my $s, AF_INET, $type, 0) or next; connect($s, pack_sockaddr_in(53, inet_aton($server))) or next;
             syswrite $s, $type == SOCK_DGRAM ? $q : pack("n", length $q) . $q;
             my $r = ""; vec($r, fileno $s, 1) = 1; next unless select($r, undef, undef, 3);
             my $answer = ""; sysread $s, $answer, 512 or next; $answer = substr $answer, 2 if $type == SOCK_STREAM;
             print "$server answers ", (unpack "n6", $answer)[3], " records\\n" if (unpack "n6", $answer)[3]; }
             exit 0; } }
           while (wait() > 0) { die "ended with $?" if $? }`,
        );
        assert.equal(out, "");
      },
    },
    {
      id: "network-families",
      title:
        "rows 73, 81, 142: of socket families only UNIX, INET, INET6 and NETLINK_ROUTE exist: no vsock, no packets, no raw",
      run: async ({ shared }) => {
        const out = await perl(
          await shared(),
          `for my $family (0 .. 63) { for my $type (1, 2, 3, 5) { socket(my $s, $family, $type, $family == 16 ? 0 : $family == 17 ? 0x0300 : 0) and $seen{$family}{$type} = 1 } }
           print join(" ", map { "$_:" . join(",", sort keys %{$seen{$_}}) } sort { $a <=> $b } keys %seen), "\\n";
           print "netlink $_\\n" for grep { socket(my $s, 16, 3, $_) } 1 .. 22;
           print "raw\\n" if socket(my $s, 2, 3, 1) || socket(my $t, 10, 3, 58);`,
        );
        // SEQPACKET is a type of UNIX sockets only; RAW of UNIX is the kernel's other word for DGRAM.
        assert.match(out, /^1:1,2,3,5 2:1,2 10:1,2 16:2,3\n$/);
      },
    },
    {
      id: "network-abstract",
      title: "row 79: abstract sockets of the host are neither seen nor reached",
      run: async ({ shared }) => {
        const b = await shared();
        const name = `bot-bottle-contract-${process.pid}`;
        const server = createServer((socket) => socket.end("host"));
        server.listen(`\0${name}`);
        await once(server, "listening");
        try {
          assert.equal(await b.sh('grep -c "$1" /proc/net/unix || true', name), "0\n");
          const connect = `use Socket; socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die; print connect($s, pack_sockaddr_un("\\0$ARGV[0]")) ? "open" : 0 + $!`;
          assert.equal(await perl(b, connect, name), "111");
        } finally {
          server.close();
        }
      },
    },
  ],
};
