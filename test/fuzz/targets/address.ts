import assert from "node:assert/strict";
import { isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";
import { readAddress } from "../../../src/core/wire/ip.ts";
import { ipv6Bytes } from "../../../src/core/wire/ip-text.ts";
import { bytesOf, type FuzzTarget, wordsOf } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";

const V4 =
  "10.0.0.1 127.0.0.1 169.254.169.254 100.64.0.1 8.8.8.8 198.18.0.1 224.0.0.1 0.0.0.0 192.0.2.1 240.0.0.1".split(" ");
const START = "::ffff: :: 64:ff9b:: 64:ff9b:1:: 2606:4700::5efe: fe80::200:5efe: 2002:a00:1:: ff02::".split(" ");
const HEAD = "fc fd fe8 fec ff0 2001 2002 2001:db8 3fff 2 1 0".split(" ");
const PIECES = ": :: : 0 1 ffff 12345 g 1.2.3.4 1.2.3 01.2.3.4 %".split(" ");
const v4 = fc.oneof(fc.ipV4(), fc.constantFrom(...V4));

export const target: FuzzTarget = {
  name: "address",
  promise:
    "rows 11, 27 to 29: an address is read as net.isIPv6 and another library read it, and none that they call special is public",
  parsers: ["src/core/wire/ip.ts", "src/core/wire/ip-text.ts"],
  input: fc.oneof(
    wordsOf(PIECES, 18),
    v4.map(bytesOf),
    fc.ipV6().map(bytesOf),
    fc.tuple(fc.constantFrom(...START), v4).map((it) => bytesOf(it.join(""))),
    fc
      .tuple(fc.constantFrom(...HEAD), fc.ipV6())
      .map(([head, rest]) => bytesOf(`${head}${rest.slice(rest.indexOf(":"))}`)),
  ),
  runs: 20_000,
  check: (input) => {
    const text = input.toString("latin1");
    assert.equal(ipv6Bytes(text) !== null, isIPv6(text) && !text.includes("%"), text);
    const reading = readAddress(text);
    if (reading === null) return false;
    assert.deepEqual(readAddress(reading.canonical), reading);
    if (reading.family === 6) assert.equal(new URL(`http://[${text}]/`).hostname, `[${reading.canonical}]`);
    if (reading.class !== "public") return true;
    assert.equal(ipaddr.parse(reading.embedded[0] ?? reading.canonical).range(), "unicast", text);
    return true;
  },
};
