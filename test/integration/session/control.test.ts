import assert from "node:assert/strict";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { BottleError } from "../../../src/core/model/errors.ts";
import { askControl, type ControlRequest, serveControl } from "../../../src/session/control.ts";

async function withControl(
  handle: (request: ControlRequest) => Promise<unknown>,
  body: (path: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "control-"));
  const path = join(folder, "control.sock");
  const server = await serveControl(path, handle);
  try {
    await body(path);
  } finally {
    server.close();
    await rm(folder, { recursive: true });
  }
}

test("row 133: a request is carried out before it is answered, on a socket of the operator alone", async () => {
  const seen: ControlRequest[] = [];
  await withControl(
    async (request) => void seen.push(request),
    async (path) => {
      assert.deepEqual(await askControl(path, { do: "stop", graceMs: 10 }, 2000), { ok: true });
      assert.deepEqual(seen, [{ do: "stop", graceMs: 10 }]);
      assert.equal((await stat(path)).mode & 0o777, 0o600);
    },
  );
});

test("a failure is an answer, and what is no request is refused", async () => {
  await withControl(
    () => Promise.reject(new Error("cannot")),
    async (path) => {
      assert.deepEqual(await askControl(path, { do: "ping" }, 2000), { ok: false, error: "cannot" });
      for (const text of ["{}\n", '{"do":"stop","graceMs":-1}\n', "x".repeat(20_000), '["ping"]\n']) {
        const socket = createConnection(path);
        socket.end(text);
        let answer = "";
        for await (const chunk of socket) answer += String(chunk);
        assert.match(answer, /not understood/, text.slice(0, 40));
      }
    },
  );
});

test("row 133: answers of the operator are taken only whole and within their bounds", async () => {
  const seen: ControlRequest[] = [];
  await withControl(
    async (request) => {
      seen.push(request);
      return { version: 2 };
    },
    async (path) => {
      const allow = { do: "allow", id: "0-a", scope: "once", forMs: null, review: "0123456789ab" } as const;
      const whole = { ...allow, accepted: [], words: null, reach: null, as: "cli" } as const;
      assert.deepEqual(await askControl(path, allow, 2000), { ok: true, value: { version: 2 } });
      const wrong: readonly object[] = [
        { ...allow, id: "../x" },
        { ...allow, id: 1 },
        { ...allow, scope: "all" },
        { ...allow, scope: "for" },
        { ...allow, scope: "for", forMs: 25 * 3_600_000 },
        { ...allow, scope: "for", forMs: -1 },
        { ...allow, forMs: 5 },
        { ...allow, review: undefined },
        { ...allow, review: "0123456789AB" },
        { ...allow, accepted: [1] },
        { ...allow, words: {} },
        { ...allow, reach: { method: "GET" } },
        { do: "undo" },
        { do: "deny", id: "0-a", reason: {} },
        { do: "revoke" },
        { do: "grant", id: "0-a" },
      ];
      for (const request of wrong) {
        const reply = await askControl(path, request as ControlRequest, 2000);
        assert.match(reply?.error ?? "", /not understood/, JSON.stringify(request));
      }
      assert.deepEqual(seen, [whole]);
    },
  );
});

test("whoever asked may leave before the answer: it is carried out, and the next is heard", async () => {
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const seen: string[] = [];
  await withControl(
    async (request) => {
      seen.push(request.do);
      if (request.do === "grants") await finished;
      return { version: 1, text: "x".repeat(1 << 20) };
    },
    async (path) => {
      const socket = createConnection(path);
      socket.write('{"do":"grants"}\n');
      while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      socket.destroy();
      finish();
      assert.equal((await askControl(path, { do: "revoke", grant: "g-1" }, 2000))?.ok, true);
      assert.deepEqual(seen, ["grants", "revoke"]);
    },
  );
});

test("a known error keeps its code and its hint on the way", async () => {
  await withControl(
    () => Promise.reject(new BottleError("GRANT_NOT_FOUND", "none", { hint: "look" })),
    async (path) => {
      const reply = await askControl(path, { do: "revoke", grant: "g-1" }, 2000);
      assert.deepEqual(reply, { ok: false, error: "none", code: "GRANT_NOT_FOUND", hint: "look" });
    },
  );
});

test("nobody there: null, not a throw", async () => {
  assert.equal(await askControl(join(tmpdir(), "no-such.sock"), { do: "ping" }, 500), null);
});
