import assert from "node:assert/strict";
import test from "node:test";
import { Client } from "undici";
import { openRawOrigin } from "../../support/gateway/origin.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test("undici 5360: an answer that ends with its connection before it is read ends no process", async (t) => {
  const length = 1 << 16;
  const origin = await openRawOrigin(
    (socket) => {
      socket.once("data", async () => {
        socket.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        // Its last piece is one that the reader has no room for: nothing is left behind it but the end.
        for (let sent = 0; sent < length; sent += 1 << 14) {
          socket.write(Buffer.alloc(1 << 14));
          await pause(2);
        }
        socket.end();
      });
    },
    { tls: false },
  );
  t.after(() => origin.close());
  await Promise.all(
    Array.from({ length: 10 }, async () => {
      const client = new Client(`http://127.0.0.1:${origin.port}`);
      const { body } = await client.request({ path: "/", method: "GET" });
      await pause(200);
      assert.equal((await body.arrayBuffer()).byteLength, length);
      await client.destroy();
    }),
  );
});
