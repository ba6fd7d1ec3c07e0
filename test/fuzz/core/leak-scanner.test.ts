import assert from "node:assert/strict";
import { test } from "node:test";
import { FORMATS } from "../../../src/core/leaks/formats.ts";
import { createLeakScanner, searchText } from "../../../src/core/leaks/leak-scanner.ts";
import type { LeakFinding } from "../../../src/core/model/leak.ts";
import { cutInPieces } from "../../support/leaks/cut.ts";
import { type Sighting, slowSightings } from "../../support/leaks/oracle.ts";
import fc from "../../support/properties.ts";

const samples = FORMATS.filter(({ level }) => level === "default")
  .flatMap((format) => format.samples())
  .filter((token) => token.length < 200);

const base64 = (text: string) => Buffer.from(text, "latin1").toString("base64");
const each = (text: string, write: (code: number) => string) => [...text].map((it) => write(it.charCodeAt(0))).join("");
const hex = (code: number, digits: number) => code.toString(16).padStart(digits, "0");

/** What encoders make of a text of Latin-1. */
const ENCODERS: readonly ((text: string) => string)[] = [
  (text) => encodeURIComponent(text),
  (text) => each(text, (code) => `%${hex(code, 2)}`),
  (text) => each(text, (code) => `\\u${hex(code, 4)}`),
  (text) => each(text, (code) => `&#${code};`),
  (text) => text.replaceAll("/", "\\/").replaceAll("=", "\\u003d"),
  (text) => text.replaceAll("+", "&plus;").replaceAll("-", "&#x2d;"),
  (text) => JSON.stringify(text).slice(1, -1),
  (text) => text.split("").join("\xe2\x80\x8b"),
  base64,
  (text) => Buffer.from(`\x01\x02${text}\xff`, "latin1").toString("base64url"),
  (text) => base64(`{"key": "${text}"}`),
  (text) => base64(`some words that stand before it: ${text} and some behind`).replace(/.{76}/g, "$&\r\n"),
  (text) => base64(`some words that stand before it: ${text} and some behind`).replace(/.{64}/g, "$&\\n"),
  (text) => Buffer.from(text, "latin1").toString("hex"),
  (text) => Buffer.from(text, "latin1").toString("hex").toUpperCase(),
];

const encoded = fc
  .tuple(fc.constantFrom(...samples), fc.array(fc.constantFrom(...ENCODERS), { maxLength: 3 }))
  .map(([token, encoders]) => encoders.reduce((text, encode) => encode(text), token))
  .filter((text) => text.length < 6000);
const noise = fc.oneof(
  fc.constantFrom(
    " ",
    "\n",
    "\\n",
    '"',
    "=",
    "%3D",
    "%",
    "\\",
    "\\\\",
    "&",
    "&amp;",
    "x",
    "-",
    "_",
    ".",
    "/",
    ": ",
    "\xe2",
  ),
  fc.string({ maxLength: 20 }),
  fc.base64String({ maxLength: 90 }),
  fc.constantFrom(...samples).chain((token) => fc.nat(token.length).map((length) => token.slice(0, length))),
);
const text = fc
  .array(fc.oneof({ weight: 1, arbitrary: encoded }, { weight: 3, arbitrary: noise }), { maxLength: 12 })
  .map((parts) => Buffer.from(parts.join(""), "latin1"));
const cuts = fc.array(fc.oneof(fc.nat(3), fc.nat(60), fc.nat(2000)), { maxLength: 200 });

/** Put together from fields, of which the slow search knows nothing (row 109). */
const isJoined = ({ through }: LeakFinding) => through.includes("pieces");

function scan(chunks: readonly Buffer[]): { readonly findings: readonly LeakFinding[]; readonly out: Buffer } {
  const findings: LeakFinding[] = [];
  const scanner = createLeakScanner({ known: null, canaries: null, patterns: true }, (finding) => {
    findings.push(finding);
    return isJoined(finding) ? "pass" : "mask";
  });
  const out = chunks.map((chunk) => Buffer.from(scanner.push(chunk)));
  return { findings, out: Buffer.concat([...out, scanner.flush()]) };
}

/** Sightings of one token that overlap are one place. */
function placesOf(
  sightings: readonly Pick<Sighting, "name" | "start" | "end">[],
  key: (it: never) => string,
): string[] {
  const ends = new Map<string, number>();
  return sightings
    .toSorted((a, b) => a.start - b.start)
    .flatMap((it) => {
      const id = key(it as never);
      const before = ends.get(id) ?? -1;
      ends.set(id, Math.max(before, it.end));
      return it.start < before ? [] : [`${id} ${it.start}`];
    })
    .sort();
}

test("rows 105, 106, 108: what is found in a stream, however it is cut, is what a slow search finds in the whole", () => {
  fc.assert(
    fc.property(text, cuts, (bytes, sizes) => {
      const slow = slowSightings(bytes);
      const { findings, out } = scan(cutInPieces(bytes, sizes));
      const key = ({ name, fingerprint }: LeakFinding) => `${name} ${fingerprint}`;
      const plain = findings.filter((it) => !isJoined(it));
      assert.deepEqual(placesOf(plain, key), placesOf(slow, key));
      const hidden = new Set(
        slow.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => start + i)),
      );
      assert.equal(out.length, bytes.length);
      for (const [i, byte] of bytes.entries()) {
        if (!hidden.has(i)) assert.equal(out[i], byte, `byte ${i}`);
        else assert.ok([0x2a, 0x41, 0x30].includes(out[i] as number), `byte ${i} of a token`);
      }
    }),
    { numRuns: 300 },
  );
});

test("row 108: one byte at a time finds what the whole at once finds, each once", () => {
  fc.assert(
    fc.property(text, (bytes) => {
      const whole = scan([bytes]);
      const single = scan([...bytes].map((byte) => Buffer.of(byte)));
      // Of sightings that overlap, the one that came first says the place.
      const key = ({ name, fingerprint }: LeakFinding) => `${name} ${fingerprint}`;
      assert.deepEqual(single.findings.map(key).sort(), whole.findings.map(key).sort());
      assert.deepEqual(single.out, whole.out);
    }),
    { numRuns: 150 },
  );
});

test("row 105: a text of a head that is told clean at a glance is one in which the scanner finds nothing", () => {
  const search = { known: null, canaries: null, patterns: true };
  fc.assert(
    fc.property(text, (bytes) => {
      const place = ({ name, fingerprint, start }: LeakFinding) => `${name} ${fingerprint} ${start}`;
      const found = searchText(search, bytes.toString("latin1"));
      assert.deepEqual(found.map(place).sort(), scan([bytes]).findings.map(place).sort());
    }),
    { numRuns: 500 },
  );
});
