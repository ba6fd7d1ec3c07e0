import { gunzipSync } from "node:zlib";
import { FORMATS } from "../../src/core/leaks/formats.ts";
import { type LeakSearch, searchText } from "../../src/core/leaks/leak-scanner.ts";
import type { TokenFormat } from "../../src/core/leaks/token-format.ts";
import {
  LEAK_ENCODINGS,
  LEAK_PLACES,
  type LeakEncoding,
  type LeakPlace,
  leakOf,
} from "../../test/support/leaks/leak-corpus.ts";
import { GENERATED, type Page, table } from "../page.ts";

const SEARCH: LeakSearch = { known: null, canaries: null, patterns: true };

interface Trial {
  readonly format: string;
  readonly place: LeakPlace;
  readonly encoding: LeakEncoding;
  readonly found: boolean;
}

/** docs/leak-scan.md: what the scan knows, and what of it is found where and how. */
export function leakScanPages(): Page[] {
  const formats = FORMATS.filter(({ level }) => level === "default");
  const trials = formats.flatMap(trialsOf);
  const families = Map.groupBy(FORMATS, ({ family }) => family);
  const known = table(
    ["family", "formats", "of level `strict`", "names"],
    [...families].map(([family, some]) => [
      family,
      String(some.length),
      String(some.filter(({ level }) => level === "strict").length),
      some.map(({ name }) => name).join(", "),
    ]),
  );
  const recall = table(
    ["place", ...LEAK_ENCODINGS],
    LEAK_PLACES.map((place) => [
      place,
      ...LEAK_ENCODINGS.map((encoding) => share(trials.filter((it) => it.place === place && it.encoding === encoding))),
    ]),
  );
  const missed = Map.groupBy(
    trials.filter(({ found, place }) => !found && place !== "host label"),
    ({ format }) => format,
  );
  const misses = [...missed].map(([format, some]) => [
    format,
    [...Map.groupBy(some, ({ encoding }) => encoding)]
      .map(([encoding, these]) => `${encoding}: ${these.map(({ place }) => place).join(", ")}`)
      .join("; "),
  ]);
  const text = `# Leak scan

${GENERATED}

What leaves a bottle is searched for the values declared in it, for its canary, and for ${formats.length} formats of
tokens (${FORMATS.length - formats.length} more at level \`strict\`, for which nothing below is said), of which a sample each
was written at every place of a request, in every encoding. Each cell says how many were found of those that can stand
there: a token with line breaks fits into no header.

## Recall

${recall}

A host name has lost its upper case, and long texts stand in it as several labels.

${misses.length === 0 ? "Outside host names nothing was missed." : `Missed outside host names:\n\n${table(["format", "where"], misses)}`}

## How it looks

Percent, JSON and other backslash escapes, HTML entities, characters of no width, full-width letters, base64 and
base64url at every alignment and over the line breaks of MIME, and hex are taken off, up to three layers in any order. A
body in gzip, deflate, br or zstd is decoded, within limits, and its encoded bytes are searched too. Declared values are
searched in more: base32, UTF-16, reversed, hex with separators, in any case; in base64 and hex up to two layers.

## Expected misses

- Declared values in three layers of base64 or hex, or in upper-case hex that is itself encoded.
- Tokens in base32, in UTF-16, reversed, in rot13, in hex with separators, in base64 in lines of other
  lengths than 60, 64, 72 and 76 characters, in more than three layers.
- What leaves over many requests, but for declared values in short pieces in their order at one place (path, query, field, body)
  of one host: those are stopped when their middle half is together. Each piece twice, or a piece of something else
  between two, is enough to miss them.
- Compressed data inside base64, in archives, in images: the host's policy for opaque bodies decides.
- A value or a token that is cut over fields which do not follow each other, over more than 16 KiB, or over fields of
  another layout than JSON, forms, cookies and multipart; of values longer than 256 bytes only the two ends of 128 bytes
  (of the length of the longest declared value, if that is more) take part. A token in more than eight pieces, in pieces of less
  than 8 bytes on average, escaped or encoded as well; in pieces no private key, JWT, and six other formats without a bound,
  and no URL of which the first piece holds no character of the password, or only digits of it: an address and its port
  look the same.
- A password in a URL that begins with 2 to 5 digits and goes on like a next parameter (\`12&a=\`).
- A private key whose body is escaped in a way that leaves blanks as they are.
- Anything encrypted, or written in a way made up for the purpose. Only the list of hosts stops that.

## Formats

${known}
`;
  return [{ path: "docs/leak-scan.md", text }];
}

function trialsOf(format: TokenFormat): Trial[] {
  const [token = ""] = format.samples();
  return LEAK_PLACES.flatMap((place) =>
    LEAK_ENCODINGS.flatMap((encoding) => {
      const leak = leakOf(token, place, encoding);
      if (leak === null) return [];
      const bytes = leak.contentEncoding === null ? leak.bytes : gunzipSync(leak.bytes);
      const found = searchText(SEARCH, bytes.toString("latin1")).some(({ name }) => name === format.id);
      return [{ format: format.id, place, encoding, found }];
    }),
  );
}

function share(trials: readonly Trial[]): string {
  return trials.length === 0 ? "" : `${trials.filter(({ found }) => found).length}/${trials.length}`;
}
