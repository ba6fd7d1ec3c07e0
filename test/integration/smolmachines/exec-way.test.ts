/** The gateway's way over the inputs and outputs of commands: relay and carriers are plain programs of this machine. */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { test } from "node:test";
import { CARRIER_BYTES } from "../../../src/backends/smolmachines/exec-way/carriers.ts";
import { MOST_CONNECTIONS } from "../../../src/backends/smolmachines/frame-relay.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually } from "../../support/operator.ts";
import { accepting, answering, openWayRig, type WayRig } from "../../support/smolvm/way-rig.ts";

const skip = skipWithout("root", "perl");
const MIB = 2 ** 20;
/** More than the buffers of a kernel hold. */
const FLOOD = 32 * MIB;

const hashOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** What comes until its end; the other direction stays as it is. */
async function all(socket: Socket): Promise<Buffer> {
  const pieces: Buffer[] = [];
  socket.on("data", (piece: Buffer) => void pieces.push(piece));
  await once(socket, "end");
  return Buffer.concat(pieces);
}

function readComm(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8");
  } catch {
    return "perl: it has ended";
  }
}

/** No command of the rig was given more than one may read. */
function spared({ commands }: WayRig): void {
  for (const { stdin } of commands) {
    const { bytesWritten } = stdin as Socket;
    assert.ok(bytesWritten <= CARRIER_BYTES, `${bytesWritten} bytes went into one command`);
  }
}

test("a request and its answer, and a body of many carriers", { skip }, async () => {
  const body = randomBytes(20 * MIB);
  const rig = await openWayRig(answering((request, response) => response.end(request.url === "/big" ? body : "small")));
  try {
    assert.equal(await (await fetch(`${rig.origin}/`)).text(), "small");
    assert.equal(rig.commands.length, 1);
    const got = Buffer.from(await (await fetch(`${rig.origin}/big`)).arrayBuffer());
    assert.equal(hashOf(got), hashOf(body));
    assert.ok(rig.commands.length > 100, `${rig.commands.length} commands`);
    spared(rig);
  } finally {
    await rig.dispose();
  }
});

test("bodies both ways, many at once", { skip }, async () => {
  const rig = await openWayRig(
    answering((request, response) => {
      request.pipe(response);
    }),
  );
  try {
    const echoed = async (size: number) => {
      const body = randomBytes(size);
      const response = await fetch(rig.origin, { method: "POST", body });
      assert.equal(hashOf(Buffer.from(await response.arrayBuffer())), hashOf(body));
    };
    await Promise.all(Array.from({ length: 40 }, (_, index) => echoed(index % 10 === 0 ? MIB : 3000 + index)));
    spared(rig);
  } finally {
    await rig.dispose();
  }
});

test("more connections than there may be wait for one another, and each gets its answer", { skip }, async () => {
  const rig = await openWayRig(accepting((socket) => void all(socket).then((bytes) => socket.end(bytes))));
  try {
    const sockets = Array.from({ length: MOST_CONNECTIONS + 100 }, () => rig.dial());
    for (const socket of sockets) await (socket.connecting ? once(socket, "connect") : null);
    const answers = sockets.map((socket, index) => {
      socket.end(`number ${index}`);
      return all(socket);
    });
    for (const [index, answer] of answers.entries()) assert.equal((await answer).toString(), `number ${index}`);
  } finally {
    await rig.dispose();
  }
});

test("each direction ends for itself", { skip }, async () => {
  const rig = await openWayRig(
    accepting((socket) => {
      // It ends its own first, and reads on.
      socket.end("from the gateway");
      void all(socket).then((bytes) => heard.push(bytes.toString()));
    }),
  );
  const heard: string[] = [];
  try {
    const socket = rig.dial();
    assert.equal((await all(socket)).toString(), "from the gateway");
    const closed = once(socket, "close");
    socket.write("after ");
    socket.end("its end");
    await eventually("the gateway has heard the rest", () => heard[0] === "after its end");
    await closed;
  } finally {
    await rig.dispose();
  }
});

test("a connection that nobody reads holds up no other, whichever end it is", { skip }, async () => {
  let silent: Socket | null = null;
  const rig = await openWayRig(
    accepting((socket) => {
      socket.once("data", (word: Buffer) => {
        if (word.toString() === "flood") socket.write(Buffer.alloc(FLOOD));
        else if (word.toString() === "deaf") silent = socket.pause();
        else socket.end(word);
      });
    }),
  );
  try {
    const flooded = rig.dial().pause();
    flooded.write("flood");
    const deaf = rig.dial();
    deaf.write("deaf");
    await eventually("it is deaf", () => silent);
    deaf.write(Buffer.alloc(FLOOD));
    for (let nth = 0; nth < 20; nth += 1) {
      const other = rig.dial();
      other.end(`word ${nth}`);
      assert.equal((await all(other)).toString(), `word ${nth}`);
    }
    assert.ok(deaf.writableLength > MIB, "what nobody reads was read");
    // The kernel takes some of it.
    assert.ok(rig.commands.length < FLOOD / CARRIER_BYTES / 2, `${rig.commands.length} commands for what nobody reads`);
    flooded.resume();
    let got = 0;
    for await (const piece of flooded) {
      got += (piece as Buffer).length;
      if (got === FLOOD) break;
    }
  } finally {
    await rig.dispose();
  }
});

test("a connection that breaks breaks at the other end, and alone", { skip }, async () => {
  const sockets: Socket[] = [];
  const rig = await openWayRig(accepting((socket) => void sockets.push(socket.resume())));
  try {
    const [one, two] = [rig.dial(), rig.dial()];
    one.write("one");
    two.write("two");
    await eventually("both are there", () => sockets.length === 2);
    one.resetAndDestroy();
    await eventually("the gateway sees it", () => sockets.filter((socket) => socket.readableEnded).length === 1);
    sockets.find((socket) => !socket.readableEnded)?.destroy();
    await once(two.resume(), "end");
    // Who only writes learns of it by writing.
    await eventually("what is said into nothing fails", () => two.destroyed || (two.write("into nothing") && false));
    const three = rig.dial();
    three.write("three");
    await eventually("another one is there", () => sockets.length === 3);
  } finally {
    await rig.dispose();
  }
});

test("where no gateway listens any more a connection is reset, and the way lives on", { skip }, async () => {
  const gateway = accepting((socket) => void socket.end("here"));
  const rig = await openWayRig(gateway);
  try {
    const one = rig.dial();
    one.end();
    assert.equal((await all(one)).toString(), "here");
    await new Promise((resolve) => gateway.close(resolve));
    const [error] = (await once(rig.dial(), "error")) as [NodeJS.ErrnoException];
    assert.equal(error.code, "ECONNRESET");
    assert.equal(rig.commands[0]?.exitCode, null);
  } finally {
    await rig.dispose();
  }
});

test("carriers that are killed at random take nothing along", { skip }, async () => {
  const rig = await openWayRig(
    answering((request, response) => {
      request.pipe(response);
    }),
  );
  let done = false;
  const murder = async () => {
    let kills = 0;
    while (!done) {
      const carriers = rig.commands.slice(1).filter(({ exitCode, signalCode }) => exitCode ?? signalCode ?? true);
      // Not so fast that none ever comes through.
      if (kills * 8 < rig.commands.length) kills += carriers.at(-1 - (kills % 2))?.kill("SIGKILL") === true ? 1 : 0;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return kills;
  };
  try {
    const echoed = async (size: number) => {
      const body = randomBytes(size);
      const response = await fetch(rig.origin, { method: "POST", body });
      assert.equal(hashOf(Buffer.from(await response.arrayBuffer())), hashOf(body));
    };
    const killed = murder();
    try {
      await Promise.all(Array.from({ length: 6 }, () => echoed(2 * MIB)));
    } finally {
      done = true;
    }
    assert.ok((await killed) > 3, `${await killed} were killed`);
    spared(rig);
  } finally {
    await rig.dispose();
  }
});

test("a carrier that is killed while nothing is on its way is replaced", { skip }, async () => {
  const rig = await openWayRig(answering((_, response) => response.end(Buffer.alloc(CARRIER_BYTES))));
  try {
    for (let nth = 0; nth < 5; nth += 1) {
      assert.equal((await (await fetch(rig.origin)).arrayBuffer()).byteLength, CARRIER_BYTES);
      const carriers = rig.commands.slice(1);
      for (const child of carriers) child.kill("SIGKILL");
      const ended = carriers.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
      await Promise.all(ended.map((child) => once(child, "close")));
    }
  } finally {
    await rig.dispose();
  }
});

test("a small answer waits for no command that comes up", { skip }, async () => {
  const rig = await openWayRig(
    answering((_, response) => response.end(Buffer.alloc(20_000))),
    { bringUp: "0.5" },
  );
  try {
    const times: number[] = [];
    for (let nth = 0; nth < 30; nth += 1) {
      const begun = performance.now();
      await (await fetch(rig.origin)).arrayBuffer();
      times.push(performance.now() - begun);
      // Between requests of people the next one comes up: it is then what it shall be, and no shell any more.
      const isUp = ({ pid, exitCode }: ChildProcess) => exitCode !== null || /^perl/.test(readComm(pid ?? 0));
      await eventually("they are up", () => rig.commands.slice(1).every(isUp));
    }
    assert.ok(rig.commands.length > 3);
    assert.deepEqual(
      times.filter((ms) => ms > 400),
      [],
    );
  } finally {
    await rig.dispose();
  }
});

test("commands that cannot carry are tried a few times, and then the way is given up", { skip }, async () => {
  const broken = "/bin/sh -c 'printf \"Error: no \\033[2J room\\n\" >&2; exit 1'";
  const rig = await openWayRig(
    answering((_, response) => response.end(Buffer.alloc(MIB))),
    { carrier: () => ["/bin/sh", "-c", `exec ${broken}`] },
  );
  try {
    await assert.rejects(async () => (await fetch(rig.origin)).arrayBuffer());
    assert.equal(
      await rig.holder.ended,
      "the gateway's way into the machine broke: 9 commands that carry it failed one after another: Error: no \\x1b[2J room",
    );
    assert.ok(rig.commands.length < 20, `${rig.commands.length} commands`);
  } finally {
    await rig.dispose();
  }
});

test("a relay that dies is noticed", { skip }, async () => {
  const rig = await openWayRig(accepting((socket) => void socket.end()));
  try {
    rig.commands[0]?.kill("SIGKILL");
    assert.equal(await rig.holder.ended, null);
  } finally {
    await rig.dispose();
  }
});
