import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { makeListener } from "../../../src/backends/bubblewrap/listener.ts";
import { programPath, skipWithout } from "../../support/needs.ts";

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

const refused = (port: number) =>
  new Promise<string | undefined>((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => socket.destroy(new Error("accepted")));
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
  });

test("a listening socket that was on its way when its bottle was closed does not stay open", {
  skip: skipWithout("perl"),
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "listener-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const sent = join(folder, "sent");
  // No namespace is entered here, and perl leaves a mark once the socket is on its way.
  const nsenter = join(folder, "nsenter");
  writeFileSync(nsenter, '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done; shift; exec "$@"\n', { mode: 0o700 });
  const perl = join(folder, "perl");
  writeFileSync(
    perl,
    `#!/bin/sh\nprogram=$2; shift 2\nexec '${programPath("perl")}' -e "\${program%sysread*} open(my \\$m, '>', '${sent}'); sysread(\\$channel, my \\$answer, 100);" "$@"\n`,
    { mode: 0o700 },
  );
  const port = await freePort();
  const closing = new AbortController();
  const tools = { nsenter, perl, node: process.execPath, arch: process.arch };
  const made = makeListener(tools, "root", process.pid, port, closing.signal);
  // Nothing of this process runs meanwhile, so the message waits in the channel.
  const until = Date.now() + 10_000;
  while (!existsSync(sent)) assert.ok(Date.now() < until, "perl has sent nothing");
  closing.abort();
  await assert.rejects(made, /the bottle was closed/);
  while ((await refused(port)) !== "ECONNREFUSED") assert.ok(Date.now() < until, "the port is still listened on");
});
