import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { inspect } from "node:util";
import { BottleError } from "../../../src/core/model/errors.ts";
import type { SecretSource } from "../../../src/core/model/plan.ts";
import { firstPresent, readSecret } from "../../../src/host/secrets.ts";
import { testProvider } from "../../support/manifest-rack.ts";

function folder(context: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), "secrets-"));
  context.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

const read = (source: SecretSource, env: Record<string, string> = {}, now = 1000) =>
  readSecret({ credential: "c", source }, env, now);

async function failure(promise: Promise<unknown>): Promise<BottleError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof BottleError);
    assert.equal(error.code, "SECRET_UNRESOLVED");
    assert.ok(!inspect(error, { depth: 9 }).includes("canary"), "the error holds what was read");
    return error;
  }
  assert.fail("a secret was found");
}

const command = (script: string): SecretSource => ({ kind: "command", argv: ["/bin/sh", "-c", script] });

test("a secret comes from a variable, a file or a command, without the final newline", async (context) => {
  const path = join(folder(context), "key");
  writeFileSync(path, "canary-file\n");
  assert.equal((await read({ kind: "env", variable: "V" }, { V: "canary-env" })).reveal(), "canary-env");
  assert.equal((await read({ kind: "file", path })).reveal(), "canary-file");
  assert.equal((await read(command("echo canary-command"))).reveal(), "canary-command");
  writeFileSync(path, "canary\r\n");
  assert.equal((await read({ kind: "file", path })).reveal(), "canary");
});

test("a private key may have lines, and must be one that needs no passphrase", async (context) => {
  const path = join(folder(context), "key");
  const key = (label: string) => `-----BEGIN ${label}-----\ncanary\n-----END ${label}-----\n`;
  const ref = { credential: "git app", source: { kind: "file", path }, form: "private-key" } as const;
  writeFileSync(path, key("EC PRIVATE KEY"));
  assert.equal((await readSecret(ref, {})).reveal(), key("EC PRIVATE KEY").trimEnd());
  writeFileSync(path, key("ENCRYPTED PRIVATE KEY"));
  const locked = await failure(readSecret(ref, {}));
  assert.equal(
    locked.message,
    `credential git app: the file ${path} asks for a passphrase, which the git gate cannot answer`,
  );
  writeFileSync(path, "canary");
  assert.match((await failure(readSecret(ref, {}))).message, /is no private key$/);
});

test("a secret prints as its name", async () => {
  const secret = await read({ kind: "env", variable: "V" }, { V: "canary" });
  assert.equal(`${secret}${JSON.stringify(secret)}${inspect({ secret })}`.includes("canary"), false);
});

test("what is missing, empty or has several lines is refused", async (context) => {
  const at = folder(context);
  const path = join(at, "key");
  await failure(read({ kind: "env", variable: "V" }));
  await failure(read({ kind: "env", variable: "V" }, { V: " " }));
  await failure(read({ kind: "env", variable: "V" }, { V: "canary\r\nx-evil: 1" }));
  await failure(read({ kind: "file", path }));
  writeFileSync(path, "canary\ncanary\n");
  await failure(read({ kind: "file", path }));
  await failure(read({ kind: "file", path: at }));
  writeFileSync(path, Buffer.alloc(70_000, 0x61));
  await failure(read({ kind: "file", path }));
});

test("a FIFO or a device is refused at once", async (context) => {
  const path = join(folder(context), "fifo");
  const { spawnSync } = await import("node:child_process");
  spawnSync("/usr/bin/mkfifo", [path]);
  assert.match((await failure(read({ kind: "file", path }))).message, /not a regular file/);
  assert.match((await failure(read({ kind: "file", path: "/dev/zero" }))).message, /not a regular file/);
});

test("a command gets HOME, PATH and nothing secret of our environment, and no shell reads its arguments", async (context) => {
  const at = folder(context);
  const env = { HOME: at, PATH: "/usr/bin:/bin", ANTHROPIC_API_KEY: "canary", LD_PRELOAD: "/x" };
  const seen = (await read(command("env | cut -d= -f1 | sort | tr '\\n' ' '"), env)).reveal().trim().split(" ");
  assert.ok(seen.includes("HOME"));
  assert.ok(!seen.includes("ANTHROPIC_API_KEY") && !seen.includes("LD_PRELOAD"));
  const marker = join(at, "made");
  assert.equal(
    (await read({ kind: "command", argv: ["/bin/echo", `$(touch ${marker})`] }, env)).reveal(),
    `$(touch ${marker})`,
  );
  assert.ok(!existsSync(marker));
});

test("a command that fails, floods, is missing or hangs is refused, and its output shows nowhere", async (context) => {
  assert.match((await failure(read(command("echo canary; echo canary >&2; exit 3")))).message, /exit code 3/);
  await failure(read(command("head -c 100000 /dev/zero | tr '\\0' a")));
  await failure(read({ kind: "command", argv: ["/nonexistent/program"] }));
  await failure(read(command(":")));
  const pidFile = join(folder(context), "pid");
  const started = performance.now();
  const error = await failure(
    read(command(`echo $$ >${pidFile}; echo canary; while :; do read -t 60 x </dev/zero; done; sleep 60`)),
  );
  assert.match(error.message, /did not end within 10 s/);
  assert.ok(performance.now() - started < 20_000);
  assert.ok(
    !existsSync(`/proc/${readFileSync(pidFile, "utf8").trim()}/stat`) ||
      /\) Z /.test(readFileSync(`/proc/${readFileSync(pidFile, "utf8").trim()}/stat`, "utf8")),
  );
});

test("a login file is read by its field, until it expires, with the hint that mends it", async (context) => {
  const path = join(folder(context), "login.json");
  const source: SecretSource = {
    kind: "json-file",
    path,
    field: ["a", "token"],
    expiryField: ["a", "expires"],
    expiredHint: "log in again",
  };
  writeFileSync(path, '{"a":{"token":"canary","expires":2000}}');
  assert.equal((await read(source)).reveal(), "canary");
  const expired = await failure(read(source, {}, 2000));
  assert.match(expired.message, /has expired/);
  assert.equal(expired.hint, "log in again");
  for (const text of [
    '{"a":{"token":"canary"}}',
    '{"a":{"token":"canary","expires":"2999"}}',
    '{"a":{"token":5,"expires":2000}}',
    '{"a":null}',
    "canary",
    "{}",
  ]) {
    writeFileSync(path, text);
    await failure(read(source));
  }
  writeFileSync(path, '{"a":{"token":"canary"}}');
  assert.equal((await read({ ...source, expiryField: null })).reveal(), "canary");
});

test("the first credential that is there is chosen, in the provider's order", async (context) => {
  const home = folder(context);
  const candidates = testProvider.credentials(home);
  assert.equal(await firstPresent(candidates, {}), null);
  assert.equal(await firstPresent(candidates, { TEST_TOKEN: "" }), null);
  mkdirSync(join(home, ".test"));
  writeFileSync(join(home, ".test/login.json"), "{}");
  assert.equal(await firstPresent(candidates, {}), null);
  writeFileSync(join(home, ".test/login.json"), '{"token":"x"}');
  assert.equal((await firstPresent(candidates, {}))?.name, "test-login");
  assert.equal((await firstPresent(candidates, { TEST_TOKEN: "x" }))?.name, "test-token");
  chmodSync(join(home, ".test/login.json"), 0o600);
});
