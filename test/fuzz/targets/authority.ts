import assert from "node:assert/strict";
import { formatAuthority, parseAuthority } from "../../../src/core/wire/authority.ts";
import { bytesOf, type FuzzTarget, wordsOf } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";

const WORDS = [
  ..."a example com xn--bcher-kva 1 127 0 255 0x7f 010 ffff fe80 . . . : :443 :0 :65536 :: - _".split(" "),
  ..."[ ] [::1] @ % %2e %eth0 / \\ * é 。 １ \u00ad \u212a".split(" "),
  "\t",
  "\0",
  " ",
];

export const target: FuzzTarget = {
  name: "authority",
  promise: "rows 11, 16 to 20: an authority is one host of the strict alphabet, and the URL parser reads the same one",
  parsers: ["src/core/wire/authority.ts"],
  input: fc.oneof(
    wordsOf(WORDS, 10),
    fc.domain().map((host) => bytesOf(`${host}:443`)),
    fc.ipV6().map((address) => bytesOf(`[${address}]:8443`)),
  ),
  runs: 20_000,
  check: (input) => {
    let taken = false;
    for (const text of new Set([input.toString("latin1"), input.toString("utf8")])) {
      const reading = parseAuthority(text, 443);
      if (!reading.ok) continue;
      taken = true;
      const { authority } = reading;
      assert.match(authority.host, authority.kind === "ipv6" ? /^[0-9a-f:]+$/ : /^[a-z0-9._-]+$/);
      assert.ok(Number.isInteger(authority.port) && authority.port > 0 && authority.port < 65_536);
      assert.deepEqual(parseAuthority(formatAuthority(authority), null), reading);
      const url = URL.parse(`http://${text}/`);
      // It refuses some A-labels that decode to nothing; it must not read another host.
      if (url === null) assert.match(authority.host, /xn--/);
      else {
        assert.equal(url.hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, ""), authority.host);
        if (/:\d+$/.test(text) && !text.endsWith("]")) assert.equal(url.port || "80", String(authority.port));
      }
    }
    return taken;
  },
};
