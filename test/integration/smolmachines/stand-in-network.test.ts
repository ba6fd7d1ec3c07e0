/** What machines of the FAKE smolvm reach, release by release. All that there is lies on this host's loopback. */
import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { eventually } from "../../support/operator.ts";
import { imageRegistry } from "../../support/registries/images.ts";
import { HOST_PROGRAMS } from "../../support/smolvm/guest.ts";
import { layerOf } from "../../support/smolvm/layer.ts";
import { type Trial, trialOf } from "../../support/smolvm/trial.ts";

const skip = skipWithout("root", "bubblewrap", "perl", "python3", "ip", "iptables");
const trials: Trial[] = [];
/** Says `here` to who connects. */
const listener: Server = createServer((socket) => socket.on("error", () => {}).end("here\n"));
const resolver: Socket = createSocket("udp4");
let port = 0;

before(async () => {
  await once(listener.listen(0, "127.0.0.1"), "listening");
  port = (listener.address() as AddressInfo).port;
  resolver.on("message", (_query, { port, address }) => resolver.send("answer", port, address));
  resolver.bind(0, "127.0.0.1");
  await once(resolver, "listening");
});
after(() => {
  for (const trial of trials) trial.dispose();
  listener.close();
  resolver.close();
});

const ALLOWED = "203.0.113.7";
const OTHER = "203.0.113.8";
const METADATA = "169.254.169.254";
const PRIVATE = "10.1.2.3";
const GATEWAY = "100.96.0.1";

function trial(version: string): Trial {
  const addresses = [ALLOWED, OTHER, METADATA, PRIVATE].map((address) => [`${address}:80`, port] as const);
  const world = { ...Object.fromEntries(addresses), "allowed.test": ALLOWED, dns: resolver.address().port };
  const made = trialOf(version, {}, { world });
  trials.push(made);
  return made;
}

/** A machine of these flags that runs. */
async function machine(
  version: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Trial> {
  const it = trial(version);
  const made = await it.create("one", ...args);
  assert.equal(made.code, 0, made.err);
  const started = await it.start("one", env);
  assert.equal(started.code, 0, started.err);
  return it;
}

/** Which of these does a program inside reach? */
async function reached(it: Trial, ...ends: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const end of ends) {
    const script = `exec 3<>/dev/tcp/${end.replace(":", "/")} && cat <&3`;
    const words = ["machine", "exec", "--name", "one", "--", "/usr/bin/timeout", "5", "/bin/bash", "-c", script];
    if ((await it.call(words)).out === "here\n") found.push(end);
  }
  return found;
}

const local = () => `127.0.0.1:${port}`;
const gateway = () => `${GATEWAY}:${port}`;
const EVERYWHERE = [`${ALLOWED}:80`, `${OTHER}:80`];

test("a machine without a network reaches nothing, at any release", { skip }, async () => {
  for (const version of ["0.8.0", "1.9.3"]) {
    const it = await machine(version, []);
    assert.deepEqual(await reached(it, local(), gateway(), ...EVERYWHERE), []);
    assert.equal((await it.shown("one")).network, false);
  }
});

test("with --net a guest's 127.0.0.1 is also the host's, until 1.3.3 denies that", { skip }, async () => {
  const old = await machine("1.3.0", ["--net"]);
  assert.deepEqual(await reached(old, local(), ...EVERYWHERE, `${METADATA}:80`), [
    local(),
    ...EVERYWHERE,
    `${METADATA}:80`,
  ]);
  const now = await machine("1.3.3", ["--net"]);
  assert.deepEqual(await reached(now, local(), ...EVERYWHERE, `${METADATA}:80`, `${PRIVATE}:80`), EVERYWHERE);
  const lifted = await machine("1.9.3", ["--net"], { SMOLVM_EGRESS_FLOOR: "off" });
  assert.deepEqual(await reached(lifted, local(), `${PRIVATE}:80`), [local(), `${PRIVATE}:80`]);
});

test("allow lists let everything through until 1.1.3", { skip }, async () => {
  for (const flags of [
    ["--allow-cidr", `${ALLOWED}/32`],
    ["--allow-host", "allowed.test"],
  ]) {
    const old = await machine("1.0.2", flags);
    assert.deepEqual(await reached(old, ...EVERYWHERE, local()), [...EVERYWHERE, local()]);
    const now = await machine("1.1.3", flags);
    assert.deepEqual(await reached(now, ...EVERYWHERE, local()), [`${ALLOWED}:80`]);
  }
});

test("allowed private addresses are denied by virtio-net from 1.0.4 to 1.1.2, and metadata also later", {
  skip,
}, async () => {
  const flags = ["--net-backend", "virtio-net", "--allow-cidr", `${PRIVATE}/32`, "--allow-cidr", `${METADATA}/32`];
  const both = [`${PRIVATE}:80`, `${METADATA}:80`];
  assert.deepEqual(await reached(await machine("1.0.2", flags), ...both), both);
  assert.deepEqual(await reached(await machine("1.0.4", flags), ...both), []);
  assert.deepEqual(await reached(await machine("1.0.4", flags, { SMOLVM_EGRESS_ALLOW_PRIVATE: "1" }), ...both), both);
  assert.deepEqual(await reached(await machine("1.1.3", flags), ...both), [`${PRIVATE}:80`]);
});

test("since 1.7.2 a guest with a list reaches the host's loopback by its gateway, whatever is in the list", {
  skip,
}, async () => {
  const flags = ["--allow-cidr", `${ALLOWED}/32`];
  assert.deepEqual(await reached(await machine("1.7.0", flags), gateway(), local()), []);
  assert.deepEqual(await reached(await machine("1.7.2", flags), gateway(), local()), [gateway()]);
});

test("a list of addresses leaves names open to any question; one of hosts does not", { skip }, async () => {
  const query = `"\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0" . join("", map { chr(length) . $_ } split(/\\./, shift)) . "\\0\\0\\1\\0\\1"`;
  const ask = `use IO::Socket; my $s = IO::Socket::INET->new(Proto => "udp", PeerAddr => "1.1.1.1:53"); alarm 2; $s->send(${query}); $s->recv(my $a, 99); print $a`;
  const asked = async (it: Trial, name: string) =>
    (await it.call(["machine", "exec", "--name", "one", "--", "/usr/bin/perl", "-e", ask, name])).out;
  const cidr = await machine("1.9.3", ["--allow-cidr", `${ALLOWED}/32`]);
  assert.equal(await asked(cidr, "secret.leaves.test"), "answer");
  const host = await machine("1.9.3", ["--allow-host", "allowed.test"]);
  assert.deepEqual([await asked(host, "allowed.test"), await asked(host, "secret.leaves.test")], ["answer", ""]);
});

test("--from drops the list until 1.8.0: no network at all, or with --net all of it", { skip }, async () => {
  const packer = trial("0.8.0");
  const registry = await imageRegistry([layerOf([{ path: HOST_PROGRAMS }])]);
  const pack = join(packer.world.folder, "pack");
  assert.equal((await packer.call(["pack", "create", "-I", registry.reference, "-o", pack])).code, 0);
  await registry.close();
  const flags = ["--from", pack, "--allow-cidr", `${ALLOWED}/32`];
  assert.deepEqual(await reached(await machine("1.7.5", flags), ...EVERYWHERE, gateway()), []);
  assert.deepEqual(await reached(await machine("1.7.5", [...flags, "--net"]), ...EVERYWHERE), EVERYWHERE);
  assert.deepEqual(await reached(await machine("1.8.0", [...flags, "--net"]), ...EVERYWHERE), [`${ALLOWED}:80`]);
});

test("backends that cannot enforce a list are refused: virtio-net before 1.0.2, tsi since 1.1.3", async () => {
  const list = ["--allow-cidr", "203.0.113.0/24", "--net-backend"];
  assert.equal((await trial("1.0.0").create("one", ...list, "virtio-net")).code, 1);
  assert.equal((await trial("1.0.2").create("one", ...list, "virtio-net")).code, 0);
  assert.equal((await trial("1.1.0").create("one", ...list, "tsi")).code, 0);
  assert.equal((await trial("1.1.3").create("one", ...list, "tsi")).code, 1);
  assert.equal((await trial("1.1.3").create("one", "--allow-host", "unknown.test")).code, 1);
  assert.equal((await trial("1.1.3").create("one", "--allow-cidr", "203.0.113.0/33")).code, 2);
});

test("a published port leads inside, belongs to one machine, and goes with it", { skip }, async () => {
  const free = createServer();
  await once(free.listen(0, "127.0.0.1"), "listening");
  const outer = (free.address() as AddressInfo).port;
  await new Promise((resolve) => free.close(resolve));
  const it = await machine("1.9.3", ["-p", `${outer}:7000`]);
  assert.equal((await it.create("two", "-p", `${outer}:7000`)).code, 0);
  assert.match((await it.start("two")).err, /already in use/);
  assert.deepEqual(it.vms().length, 1);
  assert.equal((await it.create("three", "-p", "80", "-p", "80:81")).code, 1);
  const script = `use IO::Socket; my $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1:7000", Listen => 1); my $c = $l->accept; print $c "inside"`;
  const serving = it.call(["machine", "exec", "--name", "one", "--", "/usr/bin/perl", "-e", script]);
  await eventually("the port answers", async () => (await fetchText(outer)) === "inside");
  await serving;
  await it.call(["machine", "stop", "-n", "one"]);
  await eventually("nobody listens", async () => (await fetchText(outer)) === null);
});

/** What a port of this host's loopback says; null: nobody listens there. */
function fetchText(at: number): Promise<string | null> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(at, "127.0.0.1");
    socket.on("data", (piece) => {
      text += piece.toString();
    });
    socket.once("error", () => resolve(null));
    socket.once("close", () => resolve(text));
  });
}

test("a socket of the host is shown since 1.6.4, in machines from packs since 1.7.0", { skip }, async () => {
  const it = trial("1.6.4");
  const path = join(it.world.folder, "socket");
  const server = createServer((socket) => socket.end("through\n"));
  await once(server.listen(path), "listening");
  const registry = await imageRegistry([layerOf([{ path: HOST_PROGRAMS }])]);
  const pack = join(it.world.folder, "pack");
  const packer = trial("0.8.0");
  assert.equal((await packer.call(["pack", "create", "-I", registry.reference, "-o", pack])).code, 0);
  await registry.close();
  const ask = `use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new(Peer => "/run/way/socket") or exit 3; print <$s>`;
  const flags = ["--mount-socket", `${path}:/run/way/socket`];
  const cases = [
    ["1.6.4", [], "through\n"],
    ["1.6.4", ["--from", pack], ""],
    ["1.7.0", ["--from", pack], "through\n"],
  ] as const;
  for (const [version, from, out] of cases) {
    const one = await machine(version, [...from, ...flags]);
    const said = await one.call(["machine", "exec", "--name", "one", "--", "/usr/bin/perl", "-e", ask]);
    assert.equal(said.out, out, version);
  }
  server.close();
});

test("the relay of a machine ends with its VM process", { skip }, async () => {
  const it = await machine("1.9.3", ["--net"]);
  const [pid = 0] = it.vms();
  const relays = () => {
    return readdirSync("/proc").filter((entry) => {
      try {
        return readFileSync(`/proc/${entry}/cmdline`, "utf8").includes(`relay.py\0${it.world.folder}/`);
      } catch {
        return false;
      }
    });
  };
  assert.equal(relays().length, 1);
  process.kill(-pid, "SIGKILL");
  await eventually("it has ended", () => relays().length === 0);
});
