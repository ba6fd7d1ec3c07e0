import { ENTITIES } from "../../../src/core/leaks/entities.ts";
import { compilePatterns } from "../../../src/core/leaks/patterns.ts";

/** A token found by the slow search: where it stands in the bytes given, and the encodings taken off. */
export interface Sighting {
  readonly name: string;
  readonly fingerprint: string;
  readonly through: readonly string[];
  readonly start: number;
  readonly end: number;
}

/** Text taken out of an encoding, and for each of its bytes the bytes of the source that it came from. */
interface Decoded {
  readonly text: readonly number[];
  readonly from: readonly number[];
  readonly to: readonly number[];
}

const DEPTH = 3;
const LEAST = 12;

/** All tokens in some bytes, looked for in everything that they may mean, with no regard to time or memory. */
export function slowSightings(bytes: Buffer, depth = 0): readonly Sighting[] {
  const plain = compilePatterns()
    .scan(bytes, true)
    .matches.map(({ format, fingerprint, start, end }) => ({ name: format, fingerprint, through: [], start, end }));
  if (depth === DEPTH) return plain;
  const views = [
    ...words(bytes).map((it) => ["escape", it] as const),
    ...runs(bytes, /[A-Za-z0-9+/_-]+/g).flatMap((run) => base64Texts(bytes, run).map((it) => ["base64", it] as const)),
    ...runs(bytes, /[0-9A-Fa-f]+/g).flatMap((run) => hexTexts(bytes, run).map((it) => ["hex", it] as const)),
  ];
  const inside = views.flatMap(([label, { text, from, to }]) =>
    slowSightings(Buffer.from(text), depth + 1).map((it) => ({
      ...it,
      through: [label, ...it.through],
      start: from[it.start] as number,
      end: to[it.end - 1] as number,
    })),
  );
  return [...plain, ...inside];
}

const ESCAPE =
  /%u([0-9A-Fa-f]{4})|%([0-9A-Fa-f]{2})|\\{1,8}u([0-9A-Fa-f]{4})|\\{1,8}x([0-9A-Fa-f]{2})|\\{1,8}([nrt"'/=+.:@&~_-])|&(#[0-9]{1,10}|#[xX][0-9A-Fa-f]{1,10}|[A-Za-z]+);|\xe2\x80[\x8b-\x8f]/g;
const SHORT: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** Of a word so much before its first escape is read with it. */
const WORD_BYTES = 512;

/** Words with escapes taken off, together with the byte that ends them. */
function words(bytes: Buffer): readonly Decoded[] {
  return [...bytes.toString("latin1").matchAll(/(?:\\["']|[^\0-\x20\x7f"'`<>])+[\0-\x20\x7f"'`<>]?/g)].flatMap(
    ({ 0: word, index }) => {
      const decoded = { text: [] as number[], from: [] as number[], to: [] as number[] };
      const put = (byte: number, from: number, to: number) => {
        decoded.text.push(byte);
        decoded.from.push(index + from);
        decoded.to.push(index + to);
      };
      let at = 0;
      let first = -1;
      for (const match of word.matchAll(ESCAPE)) {
        const meant = meaning(match);
        if (meant === null) continue;
        const telling =
          !/^[\t\r\n"'<>]$/.test(meant.toString("latin1")) || match[0].startsWith("%") || /\\[ux]/.test(match[0]);
        if (telling && first < 0) first = match.index;
        for (; at < match.index; at++) put(word.charCodeAt(at), at, at + 1);
        at += match[0].length;
        for (const byte of meant) put(byte, match.index, at);
      }
      // Quotes and line breaks are in every text of JSON: they alone make no word worth a look.
      if (first < 0) return [];
      for (; at < word.length; at++) put(word.charCodeAt(at), at, at + 1);
      const begin = decoded.from.findIndex((place) => place >= index + first - WORD_BYTES);
      return [{ text: decoded.text.slice(begin), from: decoded.from.slice(begin), to: decoded.to.slice(begin) }];
    },
  );
}

function meaning([all, unit, percent, backslashed, octet, sign, entity]: RegExpExecArray): Buffer | null {
  const byte = percent ?? octet;
  if (byte !== undefined) return Buffer.from(byte, "hex");
  const code = unit ?? backslashed;
  if (code !== undefined) return Buffer.from(String.fromCodePoint(Number.parseInt(code, 16)));
  if (sign !== undefined) return Buffer.from(SHORT[sign] ?? sign);
  if (entity === undefined) return all.startsWith("\xe2") ? Buffer.alloc(0) : null;
  const number = /^#x/i.test(entity) ? Number.parseInt(entity.slice(2), 16) : Number(entity.slice(1));
  const point = entity.startsWith("#") ? number : ENTITIES.get(entity.toLowerCase());
  return point === undefined || point > 0x10ffff ? null : Buffer.from(String.fromCodePoint(point));
}

/** Places of the characters of each run; lines that may be those of one text are joined. */
function runs(bytes: Buffer, alphabet: RegExp): readonly (readonly number[])[] {
  const text = bytes.toString("latin1");
  const all: number[][] = [];
  let end = -1;
  let joins = false;
  for (const { 0: line, index } of text.matchAll(alphabet)) {
    const blank = joins ? (/^(?:[\r\n]|\\+[nr])(?:[\r\n \t]|\\+[nr])*/.exec(text.slice(end))?.[0] ?? "") : "";
    const gap: number = (blank.match(/\n|\\+n/g) ?? []).length > 1 ? 0 : blank.length;
    const beyond: number = end + gap;
    // The letter of an escaped line break is no character of the run.
    if (gap > 0 && gap <= 20 && index + line.length <= beyond) continue;
    const joined = gap > 0 && gap <= 20 && index <= beyond;
    const first = joined ? beyond : index;
    const places = Array.from({ length: index + line.length - first }, (_, i) => first + i);
    if (joined) all.at(-1)?.push(...places);
    else all.push(places);
    end = index + line.length;
    joins = [60, 64, 65, 72, 73, 76, 77].includes(places.length);
  }
  return all;
}

function base64Texts(bytes: Buffer, run: readonly number[]): readonly Decoded[] {
  return [0, 1, 2, 3].flatMap((lead) => {
    const places = run.slice(lead);
    const decoded = Buffer.from(places.map((it) => String.fromCharCode(bytes[it] as number)).join(""), "base64");
    return textsIn(
      decoded,
      (i) => places[groupStart(i, places, Math.floor((i * 4) / 3))] as number,
      (i) => (places[groupEnd(i, places, Math.ceil(((i + 1) * 4) / 3) - 1)] as number) + 1,
    );
  });
}

/** A group over a line break counts as a whole. */
function groupStart(i: number, places: readonly number[], exact: number): number {
  const first = Math.floor(i / 3) * 4;
  return broken(places, first) ? first : exact;
}

function groupEnd(i: number, places: readonly number[], exact: number): number {
  const first = Math.floor(i / 3) * 4;
  return broken(places, first) ? Math.min(first + 3, places.length - 1) : exact;
}

function broken(places: readonly number[], first: number): boolean {
  const last = Math.min(first + 3, places.length - 1);
  // The rest of a run counts as a whole too.
  return (places[last] as number) - (places[first] as number) !== 3;
}

function hexTexts(bytes: Buffer, run: readonly number[]): readonly Decoded[] {
  return [0, 1].flatMap((lead) => {
    const places = run.slice(lead);
    const decoded = Buffer.from(places.map((it) => String.fromCharCode(bytes[it] as number)).join(""), "hex");
    return textsIn(
      decoded,
      (i) => places[2 * i] as number,
      (i) => (places[2 * i + 1] as number) + 1,
    );
  });
}

function textsIn(decoded: Buffer, from: (i: number) => number, to: (i: number) => number): readonly Decoded[] {
  return [...decoded.toString("latin1").matchAll(/[\t\r\n\x20-\x7e]+/g)]
    .filter(({ 0: text }) => text.length >= LEAST)
    .map(({ 0: text, index }) => ({
      text: [...Buffer.from(text)],
      from: Array.from(text, (_, i) => from(index + i)),
      to: Array.from(text, (_, i) => to(index + i)),
    }));
}
