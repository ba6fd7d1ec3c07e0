import assert from "node:assert/strict";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Server } from "node:net";
import { after, before, test } from "node:test";
import { type BundleBottle, docker, openBundleBottle, thingsOf } from "../support/docker/bundle-bottle.ts";
import { skipWithout } from "../support/needs.ts";

const need = { skip: skipWithout("docker", "docker-images") };
const SECRET = "sk-real-bundle-Zq8vN3wR7tY1uK5p";
/** Says of each ADDRESS:PORT whether somebody answers, be it with a refusal. All are tried at once, and told in order. */
const DIAL = String.raw`
use Socket;
for my $place (@ARGV) {
  my $pid = open(my $told, "-|") // die "fork: $!";
  if ($pid) { push @told, $told; next }
  my ($host, $port) = split /:/, $place;
  socket(my $s, 2, 1, 0); my $why = "silence";
  my $ok = eval { local $SIG{ALRM} = sub { die }; alarm 2; my $r = connect($s, pack_sockaddr_in($port, inet_aton($host))); $why = $!+0 unless $r; alarm 0; $r };
  print "$place ", ($ok ? "open" : $why == 111 ? "answers" : "nobody"), "\n";
  exit 0;
}
print readline $_ for @told;`;
/** Asks the engine's resolver for each name, raw, all at once; says the code of the answer, or silence. */
const ASK = String.raw`
use Socket;
for my $name (@ARGV) {
  my $pid = open(my $told, "-|") // die "fork: $!";
  if ($pid) { push @told, $told; next }
  socket(my $s, 2, 2, 0); connect($s, pack_sockaddr_in(53, inet_aton("127.0.0.11")));
  syswrite($s, pack("n6", 7, 256, 1, 0, 0, 0) . join("", map { chr(length) . $_ } split /\./, $name) . "\0" . pack("n2", 1, 1));
  my $got = eval { local $SIG{ALRM} = sub { die }; alarm 5; my $n = sysread($s, my $reply, 512); alarm 0; $n ? ord(substr($reply, 3, 1)) & 15 : undef };
  print "$name ", (defined $got ? "code $got" : "silence"), "\n";
  exit 0;
}
print readline $_ for @told;`;

async function listenAt(host: string): Promise<Server> {
  const server = createServer((socket) => socket.end("host"));
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, host, resolve));
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Where containers reach this machine: its address on the engine's own bridge. */
function bridgeAddress(): string {
  const [config] = JSON.parse(docker("network", "inspect", "--format", "{{json .IPAM.Config}}", "bridge"));
  // Older engines leave it out: the first address of the subnet.
  return config.Gateway || config.Subnet.replace(/\.0\/\d+$/, ".1");
}
const seen: string[] = [];
const stand = createHttpServer((request, response) => {
  seen.push(`${request.method} ${request.url}`);
  response.end("from the stand");
});

let one: BundleBottle;
let other: BundleBottle;

if (need.skip === false) {
  before(async () => {
    const credentials = {
      api: { source: { env: "BUNDLE_SECRET" }, hosts: ["api.example.com"], scheme: "bearer", variable: "API_TOKEN" },
    };
    const address = bridgeAddress();
    await new Promise<void>((resolve) => stand.listen(0, address, resolve));
    const rules = [{ host: "stand.example.com", scheme: "http", dial: { address, port: portOf(stand) } }];
    const opened = await Promise.allSettled([
      openBundleBottle(`bundle-one-${process.pid}`, { credentials, egress: { rules } }, { BUNDLE_SECRET: SECRET }),
      openBundleBottle(`bundle-two-${process.pid}`),
    ]);
    [one, other] = opened.map((result) => (result.status === "fulfilled" ? result.value : undefined)) as [
      BundleBottle,
      BundleBottle,
    ];
    for (const result of opened) if (result.status === "rejected") throw result.reason;
  });
  after(async () => {
    stand.close();
    await Promise.all([one, other].map((bottle) => bottle?.[Symbol.asyncDispose]()));
    assert.deepEqual(
      [one, other].flatMap(({ name }) => thingsOf(name)),
      [],
      "nothing is left in the engine",
    );
  });
}

test("row 24: an agent beside its gateway reaches it, and is denied what is not listed", need, async () => {
  const { stdout } = await one.inside("curl", "-sS", "-w", "%{http_code}", "http://example.com/");
  assert.match(stdout, /host-not-listed.*403$/s);
});

test("a listed request leaves by the sidecar, to the very address that the operator named", need, async () => {
  const { stdout } = await one.inside("curl", "-sS", "-m", "10", "http://stand.example.com/a?b=c");
  assert.equal(stdout, "from the stand");
  assert.deepEqual(seen, ["GET /a?b=c"]);
  const { stdout: log } = await one.bottle("audit", one.name, "--host", "stand.example.com");
  assert.match(log, /stand\.example\.com/);
});

test("part 22: the old service names lead to the gateway, on all three ports", need, async () => {
  for (const place of ["egress:9099", "pipelock:9099", "git-gate:9418", "supervise:9100"]) {
    const { stdout } = await one.inside("curl", "-sS", "-m", "10", "-w", "%{http_code}", `http://${place}/nothing`);
    assert.match(stdout, /no service has this path|host-not-listed[\s\S]*404$/, place);
  }
});

test(
  "row 75: neither the host's bridges nor its other addresses answer, though somebody listens there",
  need,
  async () => {
    const gateways = [
      docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", one.outer),
      bridgeAddress(),
    ];
    const [inner = ""] = docker(
      "network",
      "inspect",
      "--format",
      "{{(index .IPAM.Config 0).Gateway}}",
      one.inner,
    ).split("\n");
    // The bridge has no address: nobody can listen there.
    await assert.rejects(listenAt(inner), /EADDRNOTAVAIL/);
    const hosts = [...gateways, "127.0.0.1"];
    const servers = await Promise.all(hosts.map((host) => listenAt(host)));
    try {
      const places = servers.map((server, index) => `${hosts[index]}:${portOf(server)}`);
      const lines = (await one.perl(DIAL, `${inner}:9`, ...places)).split("\n");
      assert.deepEqual(lines, [
        `${inner}:9 nobody`,
        ...places.map((place) => `${place} ${place.startsWith("127.") ? "answers" : "nobody"}`),
      ]);
    } finally {
      for (const server of servers) server.close();
    }
  },
);

test("row 40: raw DNS at the engine's resolver resolves nothing but the bottle's own names", need, async () => {
  const lines = (await one.perl(ASK, "egress", "leak.example.test", "data.in.labels.example.test")).split("\n");
  // The resolver is there, and the question well-formed.
  assert.equal(lines[0], "egress code 0");
  for (const line of lines.slice(1)) assert.match(line, / (?:silence|code [25])$/);
});

test("row 76: neither cage nor sidecar of a sibling answers, on any of its networks", need, async () => {
  const siblings = [
    other.addressOf(other.cage, other.inner),
    other.addressOf(other.sidecar, other.inner),
    other.addressOf(other.sidecar, other.outer),
    one.addressOf(one.sidecar, one.outer),
  ];
  assert.ok(siblings.every((address) => address !== ""));
  const own = `${one.addressOf(one.sidecar, one.inner)}:9099`;
  const places = [own, ...siblings.flatMap((host) => [9099, 9418, 9100].map((port) => `${host}:${port}`))];
  const lines = (await one.perl(DIAL, ...places)).split("\n");
  assert.deepEqual(lines, [`${own} open`, ...places.slice(1).map((place) => `${place} nobody`)]);
});

test("row 75: a gateway listens on its bottle's network alone, not where its way out is", need, async () => {
  const address = one.addressOf(one.sidecar, one.outer);
  const image = docker("container", "inspect", "--format", "{{.Image}}", one.cage);
  const run = (place: string) =>
    docker("run", "--rm", "--network", one.outer, "--entrypoint", "/usr/bin/perl", image, "-e", DIAL, "--", place);
  assert.equal(run(`${address}:9099`), `${address}:9099 answers`, "the machine answers, and nothing listens");
});

test("the sidecar goes out by the outer network, and carries no packet from one to the other", need, async () => {
  const routes = docker("exec", one.sidecar, "cat", "/proc/net/route").split("\n").slice(1);
  const gateway = docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", one.outer);
  const hex = gateway
    .split(".")
    .reverse()
    .map((part) => Number(part).toString(16).toUpperCase().padStart(2, "0"))
    .join("");
  const defaults = routes.map((line) => line.split("\t")).filter(([, to]) => to === "00000000");
  assert.deepEqual(
    defaults.map(([, , by]) => by),
    [hex],
  );
  assert.equal(docker("exec", one.sidecar, "cat", "/proc/sys/net/ipv4/ip_forward"), "0");
});

test("row 150: nothing of the host is mounted in a sidecar, and its root cannot be written", need, () => {
  const [mounts, readOnly, user] = docker(
    "container",
    "inspect",
    "--format",
    "{{json .Mounts}}\n{{.HostConfig.ReadonlyRootfs}}\n{{.Config.User}}",
    one.sidecar,
  ).split("\n");
  assert.deepEqual([mounts, readOnly, user], ["[]", "true", "10001:10001"]);
});

test("row 100: no secret is in what the engine tells of containers, networks and images", need, () => {
  const told = [
    docker("container", "inspect", one.cage, one.sidecar),
    docker("network", "inspect", one.inner, one.outer),
    docker("image", "inspect", docker("container", "inspect", "--format", "{{.Image}}", one.sidecar)),
    docker("container", "top", one.sidecar, "-eo", "pid,args"),
    docker(
      "exec",
      one.sidecar,
      "/bin/sh",
      "-c",
      "cat /proc/1/environ /proc/*/cmdline /tmp/* 2>/dev/null | tr '\\0' '\\n'",
    ),
  ].join("\n");
  assert.ok(!told.includes(SECRET));
  assert.ok(!told.includes("PRIVATE KEY"));
});

test("a service of a sidecar that is killed comes back, and the bottle's networks stay", need, async () => {
  docker("exec", one.sidecar, "/bin/sh", "-c", 'kill -KILL "$(cat /tmp/egress.*.pid)"');
  const deadline = Date.now() + 30_000;
  let seen = "";
  while (!seen.includes("403") && Date.now() < deadline) {
    seen = (await one.inside("curl", "-sS", "-m", "5", "-w", "%{http_code}", "http://example.com/")).stdout;
  }
  assert.match(seen, /host-not-listed.*403$/s);
  const { stdout } = await one.bottle("audit", one.name);
  assert.match(stdout, /service-ended: egress[\s\S]*service-restarted: egress, with policy 1/);
  assert.match(one.said(), /ended and is started again/);
});
