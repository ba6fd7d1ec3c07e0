import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Bottle } from "../../../src/backends/backend.ts";
import { loadBackend } from "../../../src/backends/builtins.ts";
import type { Command } from "../../../src/core/model/command.ts";
import { BottleError } from "../../../src/core/model/errors.ts";
import { Secret } from "../../../src/core/model/secret.ts";
import { type RunOptions, run } from "../../../src/host/exec.ts";
import { checkSeal } from "../../../src/session/seal-check.ts";
import { programPath, skipWithout } from "../../support/needs.ts";
import { openTestBottle, type TestBottle } from "../../support/test-bottle.ts";

const VALUE = "sk-not-a-real-value-0123456789";
const secret = new Secret("model", VALUE);

/** A real bottle whose listener answers every request with `status`. */
async function withBottle(
  status: number,
  env: Record<string, string>,
  body: (b: Awaited<ReturnType<typeof openTestBottle>>) => Promise<void>,
  mcp = 404,
): Promise<void> {
  const b = await openTestBottle(await loadBackend("bubblewrap"), { env });
  b.server.on("connection", (socket) => {
    socket.on("error", () => undefined);
    socket.once("data", (bytes: Buffer) => {
      const asked = bytes.toString("latin1").startsWith("GET /mcp HTTP/1.1\r\n") ? mcp : status;
      socket.end(`HTTP/1.1 ${asked} x\r\n\r\n`);
    });
  });
  try {
    await body(b);
  } finally {
    await b.dispose();
  }
}

const breaches = (problem: RegExp) => (error: unknown) => {
  assert.ok(error instanceof BottleError && error.code === "SEAL_BROKEN", String(error));
  assert.match(error.message, problem);
  assert.ok(!error.message.includes(VALUE));
  return true;
};

const skip = skipWithout("bubblewrap", "perl");

test("a sealed bottle passes, with a secret that is only outside", { skip }, () =>
  withBottle(403, {}, (b) => checkSeal(b.bottle, b.shell.guest, [secret])),
);

test("a gateway that lets an unlisted host through breaks the seal", { skip }, () =>
  withBottle(200, {}, (b) =>
    assert.rejects(checkSeal(b.bottle, b.shell.guest, [secret]), breaches(/gateway: expected 403.*seen 200/)),
  ),
);

test("a bottle with an MCP server is sealed when that answers, and only then", { skip }, async () => {
  const check = (b: TestBottle) => checkSeal(b.bottle, b.shell.guest, [secret], true);
  await withBottle(403, {}, check, 405);
  const broken = (b: TestBottle) => assert.rejects(check(b), breaches(/mcp: expected 405 from supervise, seen 404/));
  await withBottle(403, {}, broken, 404);
});

test("row 155: a secret in the environment of the bottle breaks the seal", { skip }, () =>
  withBottle(403, { TOKEN: VALUE }, (b) =>
    assert.rejects(checkSeal(b.bottle, b.shell.guest, [secret]), breaches(/secret model: expected not inside/)),
  ),
);

test("row 155: a secret in a file of the agent's home breaks the seal, base64 or not", { skip }, () =>
  withBottle(403, {}, async (b) => {
    await b.sh("mkdir -p ~/.config/tool");
    for (const text of [`token: ${VALUE}`, Buffer.from(`user:${VALUE}`).toString("base64")]) {
      const content = Buffer.from(text);
      await b.bottle.put([{ path: "/home/agent/.config/tool/auth", mode: 0o600, content }]);
      await assert.rejects(checkSeal(b.bottle, b.shell.guest, [secret]), breaches(/secret model/));
    }
  }),
);

/** No cage at all: the probe in a network namespace of the test's own that has a second interface and a route. */
function openHouse(folder: string): Bottle {
  const script = join(folder, "open-house");
  const lines = ["ip link set lo up", "ip link add way type bridge", "ip addr add 192.0.2.2/24 dev way"];
  writeFileSync(script, `${lines.join(" && ")} && ip link set way up && exec "$@"\n`);
  const exec = (command: Command, options: RunOptions) =>
    run(
      {
        argv: [programPath("unshare") ?? "", "-Urn", "sh", script, ...command.argv],
        env: { PATH: process.env.PATH ?? "/usr/sbin:/usr/bin" },
      },
      options,
    );
  return { exec } as unknown as Bottle;
}

test(
  "outside of a cage nearly everything is a breach, and nothing is dialled",
  { skip: skipWithout("perl", "ip") },
  () =>
    withBottle(403, {}, async (b) => {
      await assert.rejects(
        checkSeal(openHouse(b.folders.run), { ...b.shell.guest, run: b.folders.run, home: b.folders.home }, [secret]),
        breaches(
          /CapEff.*NoNewPrivs.*Seccomp.*way_ipv4: expected refused, seen nothing.*gateway.*devices: expected only lo, seen [a-z,]*way.*routes/,
        ),
      );
    }),
);
