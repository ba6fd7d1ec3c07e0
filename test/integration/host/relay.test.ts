import assert from "node:assert/strict";
import { PassThrough, Writable } from "node:stream";
import { test } from "node:test";
import { type Outlet, type RelayStreams, runRelayed } from "../../../src/host/relay.ts";

/** A reader that takes pieces only when told to, and counts what it was given. */
function reader(options: { paused?: boolean } = {}) {
  const taken: Buffer[] = [];
  let next: (() => void) | null = null;
  let open = options.paused !== true;
  const to = new Writable({
    highWaterMark: 1024,
    write(piece: Buffer, _encoding, done) {
      taken.push(piece);
      if (open) done();
      else next = done;
    },
  });
  return {
    to,
    taken: () => Buffer.concat(taken),
    open: () => {
      open = true;
      next?.();
    },
  };
}

const plain = (to: NodeJS.WritableStream, readerGone: Outlet["readerGone"] = "drop"): Outlet => ({
  to,
  each: (piece) => piece,
  readerGone,
});
const nowhere = () => plain(new PassThrough().resume());
const sh = (text: string, streams: Partial<RelayStreams>, onStart?: Parameters<typeof runRelayed>[2]) =>
  runRelayed(
    { argv: ["/bin/sh", "-c", text], env: { PATH: "/usr/bin:/bin" } },
    { stdin: null, stdout: nowhere(), stderr: nowhere(), ...streams },
    onStart,
  );

test("both outputs, input and exit code pass; 128+n for a signal", async () => {
  const stdin = new PassThrough();
  stdin.end("in\u0000put");
  const [out, err] = [reader(), reader()];
  const code = await sh("cat; echo talk >&2; exit 7", { stdin, stdout: plain(out.to), stderr: plain(err.to) });
  assert.deepEqual([code, `${out.taken()}`, `${err.taken()}`], [7, "in\u0000put", "talk\n"]);
  assert.equal(await sh("kill -9 $$", {}), 137);
});

test("a slow reader holds the command back; all of it arrives once it reads", async () => {
  const out = reader({ paused: true });
  let seen = 0;
  const each = (piece: Buffer) => {
    seen += piece.length;
    return piece;
  };
  let ended = false;
  const run = sh("head -c 8000000 /dev/zero", { stdout: { to: out.to, each, readerGone: "drop" } }).then((code) => {
    ended = true;
    return code;
  });
  // Long enough for all of it to come if nothing held it back; the assertion fails then.
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(ended, false);
  assert.ok(seen < 2_000_000, `${seen} bytes were read ahead of the reader`);
  out.open();
  assert.equal(await run, 0);
  assert.equal(seen, 8_000_000);
});

test("the end of the command is the end, also when what it left behind holds its outputs or fills them", async () => {
  const out = reader();
  let group = 0;
  const onStart = ({ pid = 0 }: { pid?: number | undefined }) => {
    group = pid;
  };
  assert.equal(await sh("sleep 60 & echo done", { stdout: plain(out.to) }, onStart), 0);
  assert.equal(`${out.taken()}`, "done\n");
  process.kill(-group, "SIGKILL");
  assert.equal(await sh("yes & echo done", { stdout: plain(reader().to) }, onStart), 0);
  // The flood ends by itself: nobody reads it any more.
});

test("a reader that never reads does not hold up the end of a command that was killed", async () => {
  const out = reader({ paused: true });
  const code = await sh("yes", { stdout: plain(out.to) }, (child) => {
    setTimeout(() => process.kill(-(child.pid ?? 0), "SIGTERM"), 100);
  });
  assert.equal(code, 143);
});

test("a reader that is gone: the rest is dropped, or the command is told", async () => {
  const closing = () => {
    let pieces = 0;
    return new Writable({
      write(_piece, _encoding, done) {
        pieces += 1;
        done(pieces > 1 ? Object.assign(new Error("EPIPE"), { code: "EPIPE" }) : null);
      },
    }).on("error", () => undefined);
  };
  let seen = 0;
  const counted: Outlet = {
    to: closing(),
    each: (piece) => {
      seen += piece.length;
      return piece;
    },
    readerGone: "drop",
  };
  assert.equal(await sh("head -c 3000000 /dev/zero", { stdout: counted }), 0);
  assert.equal(seen, 3_000_000);
  assert.notEqual(await sh("while echo x; do :; done 2>/dev/null; exit 9", { stdout: plain(closing(), "break") }), 0);
});
