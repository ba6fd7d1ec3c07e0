import assert from "node:assert/strict";
import { isIPv6 } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { parseAuthority } from "../../../src/core/wire/authority.ts";
import { readAddress } from "../../../src/core/wire/ip.ts";
import { ipv6Bytes } from "../../../src/core/wire/ip-text.ts";

/** Texts near the grammar: hosts and addresses with pieces put in, taken out and doubled. */
const nearHost = fc
  .array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.constantFrom(
          "a",
          "example",
          "com",
          "xn--bcher-kva",
          "1",
          "127",
          "0",
          "255",
          "0x7f",
          "010",
          "ffff",
          "fe80",
        ),
      },
      { weight: 4, arbitrary: fc.constantFrom(".", ".", ":", "::", "-", "_") },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          "[",
          "]",
          "@",
          "%",
          "%2e",
          "%eth0",
          "/",
          "\\",
          "\t",
          "\0",
          " ",
          "*",
          "é",
          "。",
          "１",
          "\u00ad",
          "K",
        ),
      },
      { weight: 1, arbitrary: fc.string({ maxLength: 3, unit: "binary" }) },
    ),
    { maxLength: 10 },
  )
  .map((parts) => parts.join(""));

test("row 20: whatever we read, the URL parser reads the same host and port", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        nearHost,
        nearHost.map((it) => `[${it}]`),
        fc.domain(),
        fc.ipV6().map((it) => `[${it}]`),
      ),
      fc.integer({ min: 0, max: 70_000 }),
      (host, port) => {
        const reading = parseAuthority(`${host}:${port}`, null);
        if (!reading.ok) return;
        const { authority } = reading;
        assert.equal(authority.port, port);
        // It refuses some A-labels that decode to nothing; it must not read another host.
        const url = URL.parse(`http://${host}:${port}/`);
        if (url === null) return assert.match(authority.host, /xn--/);
        const seen = url.hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
        assert.equal(seen, authority.host);
        assert.ok(port === 80 || url.port === String(port));
      },
    ),
    { numRuns: 20_000 },
  );
});

test("row 17, 18, 19: nothing outside the alphabet of hosts is ever let through", () => {
  fc.assert(
    fc.property(fc.oneof(nearHost, fc.string({ unit: "binary", maxLength: 20 })), (text) => {
      const reading = parseAuthority(text, 443);
      if (reading.ok)
        assert.match(reading.authority.host, reading.authority.kind === "ipv6" ? /^[0-9a-f:]+$/ : /^[a-z0-9._-]+$/);
    }),
    { numRuns: 20_000 },
  );
});

const v4 = fc.oneof(
  fc.ipV4(),
  fc.constantFrom(
    "10.0.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "8.8.8.8",
    "198.18.0.1",
    "224.0.0.1",
    "0.0.0.0",
  ),
);
const v6 = fc.oneof(
  fc.ipV6(),
  fc
    .tuple(
      fc.constantFrom(
        "::ffff:",
        "::",
        "64:ff9b::",
        "64:ff9b:1::",
        "2606:4700::5efe:",
        "fe80::200:5efe:",
        "2002:a00:1::",
        "ff02::",
      ),
      v4,
    )
    .map((it) => it.join("")),
  fc
    .tuple(
      fc.constantFrom("fc", "fd", "fe8", "fec", "ff0", "2001", "2002", "2001:db8", "3fff", "2", "1", "0"),
      fc.ipV6(),
    )
    .map(([prefix, rest]) => `${prefix}${rest.slice(rest.indexOf(":"))}`),
);

test("row 27, 28, 29: an independent library finds nothing special in what we call public", () => {
  fc.assert(
    fc.property(fc.oneof(v4, v6), (text) => {
      const reading = readAddress(text);
      if (reading === null) return;
      if (reading.family === 6) assert.equal(new URL(`http://[${text}]/`).hostname, `[${reading.canonical}]`);
      const parsed = ipaddr.parse(reading.canonical);
      if (reading.class !== "public") return;
      const inner = reading.embedded[0];
      const judged = inner === undefined ? parsed : ipaddr.parse(inner);
      assert.equal(judged.range(), "unicast", text);
    }),
    { numRuns: 20_000 },
  );
});

test("row 11: an IPv6 address is what net.isIPv6 takes, but for zones", () => {
  const pieces = fc.array(
    fc.constantFrom(":", "::", ":", "0", "1", "ffff", "12345", "g", "1.2.3.4", "1.2.3", "01.2.3.4", "%"),
    {
      maxLength: 18,
    },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        pieces.map((it) => it.join("")),
        fc.ipV6(),
      ),
      (text) => {
        assert.equal(ipv6Bytes(text) !== null, isIPv6(text) && !text.includes("%"), text);
      },
    ),
    { numRuns: 50_000 },
  );
});

test("the canonical text is a fixed point", () => {
  fc.assert(
    fc.property(fc.oneof(v4, v6), (text) => {
      const reading = readAddress(text);
      if (reading !== null) assert.deepEqual(readAddress(reading.canonical), reading);
    }),
  );
});
