import assert from "node:assert/strict";
import { test } from "node:test";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { FORMATS } from "../../../src/core/leaks/formats.ts";
import {
  type BodyEncoding,
  contentEncodingOf,
  createDecodedScanner,
  DECODED_CAPS,
  type DecodedCaps,
} from "../../../src/gateway/decoded-body.ts";
import { createTurns } from "../../../src/gateway/turns.ts";

const ENCODERS: Readonly<Record<BodyEncoding, (bytes: Buffer) => Buffer>> = {
  gzip: gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
};
const ENCODINGS = Object.keys(ENCODERS) as BodyEncoding[];
const SEARCH = { known: null, canaries: null, patterns: true };
const token = FORMATS.find(({ id }) => id === "github-personal-token")?.samples()[0] ?? "";
/** Text that does not shrink to nothing. */
const words = (count: number) =>
  Buffer.from(Array.from({ length: count }, (_, i) => `line ${i} ${(i * 2_654_435_761) % 4_294_967_291}\n`).join(""));

async function run(
  encoding: BodyEncoding,
  body: Buffer,
  { size = 1000, caps = DECODED_CAPS }: { size?: number; caps?: DecodedCaps } = {},
) {
  const findings: string[] = [];
  const scanner = createDecodedScanner(
    encoding,
    SEARCH,
    ({ name, through }) => {
      findings.push([...through, name].join(" "));
      return "mask";
    },
    caps,
    createTurns(),
  );
  const out: Buffer[] = [];
  for (let at = 0; at < body.length && !scanner.stopped; at += size) {
    out.push(await scanner.push(body.subarray(at, at + size)));
  }
  if (!scanner.stopped) out.push(await scanner.flush());
  scanner.close();
  const handed = Buffer.concat(out);
  assert.deepEqual(handed, body.subarray(0, handed.length));
  return { findings, handed: handed.length, stopped: scanner.stopped, problem: scanner.problem };
}

for (const encoding of ENCODINGS) {
  const encode = ENCODERS[encoding];

  test(`row 107: a clean ${encoding} body goes on as it came`, async () => {
    const body = encode(words(3000));
    for (const size of [100, 5000, body.length]) {
      const { handed, stopped, problem } = await run(encoding, body, { size });
      assert.deepEqual({ handed, stopped, problem }, { handed: body.length, stopped: false, problem: null });
    }
  });

  test(`row 107: a token in a ${encoding} body stops it before the bytes that hold the token`, async () => {
    const before = words(3000);
    const body = encode(Buffer.concat([before, Buffer.from(`${token} `), words(3000)]));
    const { findings, handed, stopped, problem } = await run(encoding, body);
    assert.deepEqual(findings, [`${encoding} github-personal-token`]);
    assert.deepEqual({ stopped, problem }, { stopped: true, problem: null });
    assert.ok(handed < body.length);
    const first = await run(encoding, encode(Buffer.from(`${token} and more`)));
    assert.deepEqual([first.findings.length, first.handed], [1, 0]);
  });

  test(`row 107: a ${encoding} body that is cut off, goes on behind its end or is something else is a problem`, async () => {
    const body = encode(words(500));
    const wrong = [
      body.subarray(0, body.length - 5),
      Buffer.concat([body, Buffer.from("and something else")]),
      Buffer.concat([body, Buffer.from(token)]),
      words(10),
      Buffer.alloc(0),
    ];
    for (const it of wrong) {
      for (const size of [1000, 100_000]) {
        const { stopped, handed } = await run(encoding, it, { size });
        assert.equal(stopped, true);
        assert.ok(it.length === 0 || handed < it.length);
      }
    }
  });

  test(`row 107: a ${encoding} body that grows too much is a problem`, async () => {
    const { problem, handed } = await run(encoding, encode(Buffer.alloc(8 * 1024 * 1024)));
    assert.match(problem ?? "", /100 times/);
    assert.equal(handed, 0);
    const small = { bytes: 5000, ratio: 100, ratioFrom: 1_000_000 };
    assert.match((await run(encoding, encode(words(500)), { caps: small })).problem ?? "", /more than 5000 bytes/);
  });
}

test("row 107: what a gzip file says of itself is searched as well", async () => {
  const plain = gzipSync(Buffer.from("clean"));
  const named = Buffer.concat([
    plain.subarray(0, 3),
    Buffer.of(8),
    plain.subarray(4, 10),
    Buffer.from(`${token}\0`),
    plain.subarray(10),
  ]);
  const { findings, stopped } = await run("gzip", named);
  assert.deepEqual([findings, stopped], [["gzip github-personal-token"], true]);
});

test("row 107: both members of a gzip body are searched", async () => {
  const body = Buffer.concat([gzipSync(words(10)), gzipSync(Buffer.from(`a ${token} b`))]);
  assert.deepEqual((await run("gzip", body)).findings, ["gzip github-personal-token"]);
});

test("row 107: one known encoding is taken off, everything else is refused", () => {
  const table = { "": "identity", identity: "identity", GZIP: "gzip", "x-gzip": "gzip", br: "br", " zstd ": "zstd" };
  for (const [value, encoding] of Object.entries(table)) assert.equal(contentEncodingOf(value), encoding);
  assert.equal(contentEncodingOf(null), "identity");
  const refused = ["gzip, gzip", "gzip,", "compress", "aes128gcm", "toString", "identity, gzip", "gzip;q=1"];
  for (const value of refused) assert.equal(contentEncodingOf(value), null, value);
});

test("rows 107, 125: a body of which the encoded bytes hold nothing is not kept in memory", async () => {
  const filling = Buffer.alloc(1024 ** 2, " ");
  const begins: readonly (readonly [BodyEncoding, string, Buffer])[] = [
    ["gzip", "1f8b0808000000000003", filling],
    ["gzip", "1f8b0800000000000003", Buffer.alloc(5 * 209_715, "000000ffff", "hex")],
    ["zstd", "502a4d1800000040", filling],
  ];
  for (const [encoding, begin, more] of begins) {
    const scanner = createDecodedScanner(encoding, SEARCH, () => "pass", DECODED_CAPS, createTurns());
    await scanner.push(Buffer.from(begin, "hex"));
    let held = 0;
    while (!scanner.stopped && held < 16) {
      assert.equal((await scanner.push(more)).length, 0);
      held++;
    }
    scanner.close();
    assert.deepEqual([held, scanner.problem], [5, "more than 4194304 bytes of the body hold nothing"], begin);
  }
});
