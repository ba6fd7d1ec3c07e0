import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, describe, test } from "node:test";
import { loadBackend } from "../../src/backends/builtins.ts";
import { CAGES } from "../support/cages.ts";
import { skipWithout } from "../support/needs.ts";
import { callNumber, EAFNOSUPPORT, EPERM, errnos, perl } from "../support/probes.ts";
import { openTestBottle, type TestBottle } from "../support/test-bottle.ts";

const HIGH = 2 ** 32;
const [AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_ALG, AF_VSOCK] = [1, 2, 10, 16, 17, 38, 40];

/* Nothing here leaves the machine even if it works: loopback, and a documentation address in a namespace with only lo. */
for (const { title, backend, needs, sockets } of CAGES) {
  describe(`from inside, the network: ${title}`, { skip: skipWithout(...needs) }, () => {
    let b: TestBottle;
    before(async () => {
      b = await openTestBottle(await loadBackend(backend));
    });
    after(() => b?.dispose());

    test("rows 72, 74: there is only lo and no route, IPv4 or IPv6", async () => {
      assert.equal(await b.sh("tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '"), "lo\n");
      assert.equal(await b.sh("tail -n +2 /proc/net/route"), "");
      assert.equal(await b.sh("grep -v ' lo$' /proc/net/ipv6_route || true"), "");
      assert.equal(await b.sh("grep -v ' lo$' /proc/net/if_inet6 || true"), "");
    });

    test("rows 72, 73, 74: TCP, UDP and IPv6 to any other address: unreachable", async () => {
      const program = (family: number, type: number, address: string) =>
        `use Socket qw(:all); socket(my $s, ${family}, ${type}, 0) or die "socket: $!";
       print connect($s, ${address}) ? "open" : 0 + $!, "\\n";`;
      const ENETUNREACH = "101\n";
      const four = 'pack_sockaddr_in(53, inet_aton("192.0.2.1"))';
      const six = 'pack_sockaddr_in6(53, inet_pton(AF_INET6, "2001:db8::1"))';
      assert.equal(await perl(b, program(AF_INET, 1, four)), ENETUNREACH);
      assert.equal(await perl(b, program(AF_INET, 2, four)), ENETUNREACH);
      assert.match(await perl(b, program(AF_INET6, 1, six)), /^(101|99|13)\n$/);
      assert.match(await perl(b, program(AF_INET6, 2, six)), /^(101|99|13)\n$/);
    });

    test("row 75: of all loopback ports only the gateway's is open", async () => {
      const out = await perl(
        b,
        `use Socket; for my $port (1 .. 65535) { socket(my $s, AF_INET, SOCK_STREAM, 0);
       next unless connect($s, pack_sockaddr_in($port, INADDR_LOOPBACK));
       # A port that the kernel chose for this very socket connects to itself.
       print "$port\\n" unless getsockname($s) eq getpeername($s); }`,
      );
      assert.equal(out, "9099\n");
    });

    test("rows 75, 37: a server on the host's loopback is not there", async () => {
      const server = createServer((socket) => socket.end("host"));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as { port: number };
      const result = await b.bottle.exec({ argv: ["/bin/bash", "-c", `exec 3<>/dev/tcp/127.0.0.1/${port}`] });
      assert.notEqual(result.code, 0);
      server.close();
    });

    test("row 40: there is no resolver; a name does not even make a query", async () => {
      const result = await b.bottle.exec({ argv: ["/usr/bin/getent", "hosts", "name.invalid"] }, { timeoutMs: 5000 });
      assert.equal(result.code, 2);
      assert.equal(await b.sh("test ! -s /etc/resolv.conf && echo none"), "none\n");
    });

    test("row 79: abstract sockets of the host are neither seen nor reached", async () => {
      const name = `bot-bottle-test-${process.pid}`;
      const server = createServer((socket) => socket.end("host"));
      await new Promise<void>((resolve) => server.listen(`\0${name}`, resolve));
      assert.equal(await b.sh(`grep -c ${name} /proc/net/unix || true`), "0\n");
      const out = await perl(
        b,
        `use Socket; socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die; print connect($s, pack_sockaddr_un("\\0${name}")) ? "open" : 0 + $!`,
      );
      assert.equal(out, "111");
      server.close();
    });

    test("rows 78, 80: there is no socket file but the way to the gateway", async () => {
      assert.equal(
        await b.sh(
          "{ find / -xdev -type s 2>/dev/null; find /run /tmp /dev /home /workspace /var -type s 2>/dev/null; } | sort -u",
        ),
        sockets.map((path) => `${path}\n`).join(""),
      );
    });

    test("rows 73, 81, 142: only four socket families exist", async () => {
      const families = Array.from({ length: 64 }, (_, family) => family);
      for (const type of [1, 2, 3, 5]) {
        const calls = families.map(
          (family) => [callNumber("socket"), family, type, family === AF_NETLINK ? 7 : 0] as const,
        );
        const codes = await errnos(b, calls);
        for (const family of families) {
          if ([AF_UNIX, AF_INET, AF_INET6].includes(family))
            assert.notEqual(codes[family], EAFNOSUPPORT, `family ${family}`);
          else assert.equal(codes[family], EAFNOSUPPORT, `family ${family} type ${type}`);
        }
      }
    });

    test("rows 81, 142: high bits of the family do not help; socketpair is closed alike", async () => {
      const socket = callNumber("socket");
      const pair = callNumber("socketpair");
      const codes = await errnos(b, [
        [socket, AF_VSOCK + HIGH, 1, 0],
        [socket, AF_PACKET + HIGH, 3, 0],
        [socket, AF_ALG + 3 * HIGH, 5, 0],
        [pair, AF_VSOCK, 1, 0, "$buf"],
        [pair, AF_ALG, 1, 0, "$buf"],
        [pair, AF_UNIX, 1, 0, "$buf"],
      ]);
      assert.deepEqual(codes, [EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT, 0]);
    });

    test("row 142: of netlink only NETLINK_ROUTE exists", async () => {
      const codes = await errnos(
        b,
        Array.from({ length: 23 }, (_, protocol) => [callNumber("socket"), AF_NETLINK, 3, protocol] as const),
      );
      assert.deepEqual(codes, [0, ...Array.from({ length: 22 }, () => EAFNOSUPPORT)]);
    });

    test("row 73: raw sockets are refused", async () => {
      const codes = await errnos(b, [
        [callNumber("socket"), AF_INET, 3, 1],
        [callNumber("socket"), AF_INET, 3, 255],
        [callNumber("socket"), AF_INET6, 3, 58],
      ]);
      assert.deepEqual(codes, [EPERM, EPERM, EPERM]);
    });

    test("row 153: nothing inside can stand in for the gateway", async () => {
      const out = await perl(
        b,
        "use Socket; socket(my $s, AF_INET, SOCK_STREAM, 0); setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1); setsockopt($s, SOL_SOCKET, 15, 1);" +
          'for my $a (INADDR_LOOPBACK, INADDR_ANY) { print bind($s, pack_sockaddr_in(9099, $a)) && listen($s, 1) ? "bound" : 0 + $!, "\\n" }',
      );
      assert.equal(out, "98\n98\n");
    });
  });
}
