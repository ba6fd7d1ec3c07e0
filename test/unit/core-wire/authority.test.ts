import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatAuthority,
  formatHostField,
  parseAuthority,
  parseHost,
  sameAuthority,
} from "../../../src/core/wire/authority.ts";
import fc from "../../support/properties.ts";

const label63 = "a".repeat(63);
const name253 = `${label63}.${label63}.${label63}.${"b".repeat(61)}`;

const accepted: readonly (readonly [row: string, text: string, host: string, kind: string, port: number])[] = [
  ["a plain name", "example.com:443", "example.com", "name", 443],
  ["row 8: one trailing dot is stripped", "example.com.:443", "example.com", "name", 443],
  ["row 15: ASCII case is folded", "API.Example.COM:443", "api.example.com", "name", 443],
  ["row 16: A-labels stay as they are", "xn--bcher-kva.example:443", "xn--bcher-kva.example", "name", 443],
  ["an underscore is part of real names", "_dmarc.example.com:1", "_dmarc.example.com", "name", 1],
  ["the greatest port", "example.com:65535", "example.com", "name", 65535],
  ["row 21: 253 characters", `${name253}:443`, name253, "name", 443],
  ["row 21: 253 characters and the dot", `${name253}.:443`, name253, "name", 443],
  ["row 39: a single label is readable; policy decides", "localhost:80", "localhost", "name", 80],
  ["row 25: a dotted quad", "127.0.0.1:8080", "127.0.0.1", "ipv4", 8080],
  ["row 27: IPv6 in brackets", "[::1]:443", "::1", "ipv6", 443],
  ["row 27: one text for one address", "[0:0:0:0:0:FFFF:127.0.0.1]:443", "::ffff:7f00:1", "ipv6", 443],
  ["digits within a name", "1.2.3.4.example:443", "1.2.3.4.example", "name", 443],
  ["a number first", "0x7f.example:443", "0x7f.example", "name", 443],
];

for (const [title, text, host, kind, port] of accepted) {
  test(`authority: ${title}`, () => {
    assert.deepEqual(parseAuthority(text, null), { ok: true, authority: { host, kind, port } });
  });
}

const refused: readonly (readonly [row: string, texts: readonly string[]])[] = [
  ["row 8: two trailing dots, empty labels", ["example.com..:443", ".example.com:443", "a..b:443", ".:443", "..:443"]],
  [
    "row 9: user information",
    ["api.github.com:443@evil.test", "a@b:443", "user:pass@b:443", "@b:443", "api.github.com:443@evil:443"],
  ],
  ["row 10: no port where one is needed", ["example.com", "[::1]", "127.0.0.1"]],
  [
    "row 10: malformed ports",
    [
      "0",
      "65536",
      "99999",
      "+443",
      "-1",
      " 443",
      "443 ",
      "0443",
      "4e2",
      "0x1bb",
      "",
      "443:443",
      "４４３",
      "443/",
      "443?",
    ].map((port) => `example.com:${port}`),
  ],
  [
    "row 11: bracket junk",
    [
      "[[::1]]",
      "[::1%eth0]",
      "[::1%25eth0]",
      "[::1",
      "::1]",
      "[]",
      "[::1]x",
      "x[::1]",
      "[example.com]",
      "[127.0.0.1]",
      "[::1].",
      "[v1.x]",
    ]
      .map((host) => `${host}:443`)
      .concat("::1:443", "[::1]443"),
  ],
  [
    "row 16: anything but A-labels",
    [
      "exаmple.com",
      "ｅxample.com",
      "ⓔxample.com",
      "example。com",
      "faß.de",
      "exam\u00adple.com",
      "İ.com",
      "\u212Aelvin.com",
      "a\u200db.com",
    ].map((host) => `${host}:443`),
  ],
  ["row 17: control bytes", ["evil.com\0.allowed.com:443", "evil.com\x7f:443", "allowed.com:443\0"]],
  [
    "row 18: blanks and backslashes",
    ["a\tb:443", "a\r\nb:443", " a:443", "a :443", "a\\b:443", "a/b:443", "a?b:443", "a#b:443", "a:443\n"],
  ],
  ["row 19: percent", ["%65xample.com:443", "example%2ecom:443", "example.com%00:443"]],
  [
    "row 21: too long",
    [`${label63}a.com:443`, `${name253}b:443`, `${"a.".repeat(127)}bc:443`, `${"a".repeat(100_000)}:443`],
  ],
  [
    "row 26: numbers that other parsers read as addresses",
    [
      "2130706433",
      "0x7f000001",
      "0177.0.0.1",
      "127.1",
      "0",
      "0x",
      "127.0.0.01",
      "127.0.0.1.",
      "1.2.3.4.5",
      "256.0.0.1",
      "1.2.3.0x4",
      "a.0x7f",
      "a.1",
      "1.2.3.4.5.",
      "0x7F.1",
    ].map((host) => `${host}:443`),
  ],
  [
    "row 13: wildcards and odd labels",
    ["*.example.com:443", "*:443", "-a.com:443", "a-.com:443", "a.-:443", "a,b:443", "a_b!:443"],
  ],
  ["an empty text", ["", ":443", ":"]],
];

for (const [title, texts] of refused) {
  test(`authority refused: ${title}`, () => {
    for (const text of texts) assert.equal(parseAuthority(text, null).ok, false, JSON.stringify(text));
  });
}

test("the default port is used only where none is written", () => {
  assert.deepEqual(parseAuthority("example.com", 443), {
    ok: true,
    authority: { host: "example.com", kind: "name", port: 443 },
  });
  assert.equal(parseAuthority("example.com:", 443).ok, false);
  assert.deepEqual(parseAuthority("[::1]", 80), { ok: true, authority: { host: "::1", kind: "ipv6", port: 80 } });
});

test("row 20: what was read is written so that it reads the same", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.domain(),
        fc.ipV4(),
        fc.ipV6().map((it) => `[${it}]`),
      ),
      fc.integer({ min: 1, max: 65535 }),
      (host, port) => {
        const first = parseAuthority(`${host}:${port}`, null);
        if (!first.ok) return;
        const again = parseAuthority(formatAuthority(first.authority), null);
        assert.deepEqual(again, first);
        assert.ok(again.ok && sameAuthority(again.authority, first.authority));
        const bare = parseAuthority(formatHostField(first.authority, "https"), 443);
        assert.deepEqual(bare, first);
      },
    ),
  );
});

test("the Host field leaves out only the scheme's own port", () => {
  const at = (host: string, port: number) => ({ host, kind: "name" as const, port });
  assert.equal(formatHostField(at("a.test", 443), "https"), "a.test");
  assert.equal(formatHostField(at("a.test", 80), "https"), "a.test:80");
  assert.equal(formatHostField(at("a.test", 80), "http"), "a.test");
  assert.equal(formatHostField({ host: "::1", kind: "ipv6", port: 443 }, "https"), "[::1]");
});

test("a host alone takes no port", () => {
  assert.deepEqual(parseHost("A.test"), { ok: true, host: "a.test", kind: "name" });
  assert.equal(parseHost("a.test:443").ok, false);
  assert.equal(parseHost("::1").ok, false);
});
