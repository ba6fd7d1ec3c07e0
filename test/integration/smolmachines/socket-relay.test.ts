/** The relay to a socket that smolvm hands in, as a plain program of this machine. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { MOST_CONNECTIONS } from "../../../src/backends/smolmachines/frame-relay.ts";
import { relayWords } from "../../../src/backends/smolmachines/holder-program.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually } from "../../support/operator.ts";

const BEYOND = 40;

test("row 125: of a flood of connections only so many reach the gateway; the others wait, and get their answers", {
  skip: skipWithout("root", "perl"),
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "relay-"));
  const path = join(folder, "gateway");
  const reached: Socket[] = [];
  // It ends what has ended.
  const gateway = createServer((socket) => void reached.push(socket.on("error", () => {}).resume()));
  gateway.listen(path);
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  const [text = "", ...args] = relayWords(port, path);
  // In a pid namespace of its own, since it ends by killing whatever it may.
  const relay = spawn("/usr/bin/unshare", [
    "--pid",
    "--fork",
    "--kill-child",
    "/usr/bin/perl",
    "-e",
    text,
    "--",
    ...args,
  ]);
  const flood: Socket[] = [];
  t.after(async () => {
    for (const socket of [...flood, ...reached]) socket.destroy();
    gateway.close();
    relay.stdin.end();
    await once(relay, "close");
    rmSync(folder, { recursive: true });
  });
  await once(relay.stdout, "data");
  for (let nth = 0; nth < MOST_CONNECTIONS + BEYOND; nth += 1) {
    const socket = connect({ port, host: "127.0.0.1" }).on("error", () => {});
    flood.push(socket);
    await once(socket, "connect");
  }
  await eventually("all that may have reached it", () => reached.length === MOST_CONNECTIONS);
  // Its answer comes back, and then there is none beyond.
  reached[0]?.write("first");
  assert.equal(String((await once(flood[0] as Socket, "data"))[0]), "first");
  assert.equal(reached.length, MOST_CONNECTIONS);
  for (const socket of flood.slice(0, BEYOND)) socket.destroy();
  await eventually("the others have reached it", () => reached.length === MOST_CONNECTIONS + BEYOND);
  reached.at(-1)?.end("last");
  assert.equal(String((await once(flood.at(-1) as Socket, "data"))[0]), "last");
});
