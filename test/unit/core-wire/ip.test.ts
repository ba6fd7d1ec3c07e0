import assert from "node:assert/strict";
import { test } from "node:test";
import { type AddressClass, readAddress } from "../../../src/core/wire/ip.ts";

const table: readonly (readonly [row: string, kind: AddressClass, texts: readonly string[]])[] = [
  [
    "public addresses",
    "public",
    [
      "1.1.1.1",
      "8.8.8.8",
      "100.63.255.255",
      "100.128.0.0",
      "172.32.0.1",
      "223.255.255.255",
      "2606:4700::1111",
      "2a00:1450::1",
      "2001:200::1",
    ],
  ],
  [
    "row 27: mapped and compatible loopback",
    "loopback",
    ["::ffff:127.0.0.1", "::127.0.0.1", "::ffff:7f00:1", "0:0:0:0:0:ffff:7f12:3456"],
  ],
  ["row 27: mapped private", "private", ["::ffff:10.0.0.1", "::ffff:192.168.1.1", "::10.0.0.1"]],
  ["row 28: NAT64", "private", ["64:ff9b::10.0.0.1", "64:ff9b::a00:1"]],
  [
    "row 28: 6to4, Teredo, ISATAP with a private address within",
    "private",
    [
      "2002:a00:1::1",
      "2001:0:4136:e378:8000:63bf:f5ff:fffe",
      "2001:0:a00:1::",
      "2606:4700::5efe:10.0.0.1",
      "2606:4700::200:5efe:192.168.0.1",
    ],
  ],
  [
    "row 28: transition ranges with a public address within are denied too",
    "special",
    [
      "2002:808:808::1",
      "2001:0:808:808:8000:63bf:f7f7:f7f7",
      "::8.8.8.8",
      "2606:4700::5efe:8.8.8.8",
      "64:ff9b:1::8.8.8.8",
      "64:ff9b:1::10.0.0.1",
    ],
  ],
  ["NAT64 and mapped addresses of public hosts", "public", ["64:ff9b::8.8.8.8", "::ffff:8.8.8.8"]],
  ["row 29: this network", "unspecified", ["0.0.0.0", "0.1.2.3", "::", "::ffff:0.0.0.0"]],
  ["row 29: loopback", "loopback", ["127.0.0.1", "127.255.255.254", "::1"]],
  [
    "row 29: private",
    "private",
    ["10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "fc00::1", "fdff::1", "fec0::1"],
  ],
  ["row 29: CGNAT", "cgnat", ["100.64.0.1", "100.127.255.255"]],
  ["row 29: link-local", "link-local", ["169.254.1.1", "fe80::1", "febf::1"]],
  ["row 29: multicast", "multicast", ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"]],
  [
    "row 29: the other special ranges",
    "special",
    [
      "192.0.0.1",
      "192.0.2.1",
      "192.31.196.1",
      "192.52.193.1",
      "192.88.99.1",
      "192.175.48.1",
      "198.18.0.1",
      "198.19.255.255",
      "198.51.100.1",
      "203.0.113.1",
      "240.0.0.1",
      "255.255.255.255",
      "100::1",
      "2001:2::1",
      "2001:20::1",
      "2001:db8::1",
      "2620:4f:8000::1",
      "3fff::1",
      "5f00::1",
      "4000::1",
      "1::1",
      "200::1",
    ],
  ],
  [
    "row 30: cloud metadata in every dress",
    "metadata",
    [
      "169.254.169.254",
      "169.254.170.2",
      "100.100.100.200",
      "168.63.129.16",
      "192.0.0.192",
      "fd00:ec2::254",
      "fd20:ce::254",
      "::ffff:169.254.169.254",
      "::ffff:a9fe:a9fe",
      "64:ff9b::169.254.169.254",
      "64:ff9b::a9fe:a9fe",
      "2002:a9fe:a9fe::1",
      "::169.254.169.254",
      "2001:0:a9fe:a9fe::",
      "fe80::5efe:169.254.169.254",
      "64:ff9b:1::169.254.169.254",
      "64:ff9b:1:a9fe:a9:fe00::",
    ],
  ],
];

for (const [title, kind, texts] of table) {
  test(`address: ${title}`, () => {
    for (const text of texts) assert.equal(readAddress(text)?.class, kind, text);
  });
}

test("row 26: texts that only lax parsers take for an address", () => {
  const texts = [
    "",
    "127.1",
    "0177.0.0.1",
    "127.0.0.01",
    "0x7f.0.0.1",
    "2130706433",
    "127.0.0.1 ",
    "::1%lo",
    "[::1]",
    "1::2::3",
    ":1",
    "1:2:3:4:5:6:7:8:9",
    "::ffff:127.0.0.256",
    "::12345",
    "localhost",
    "１.1.1.1",
  ];
  for (const text of texts) assert.equal(readAddress(text), null, text);
});

test("one address has one text", () => {
  const canonical = (text: string): string | undefined => readAddress(text)?.canonical;
  assert.equal(canonical("2001:DB8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");
  assert.equal(canonical("0:0:0:0:0:0:0:0"), "::");
  assert.equal(canonical("1:0:2:3:4:5:6:7"), "1:0:2:3:4:5:6:7");
  assert.equal(canonical("::ffff:1.2.3.4"), "::ffff:102:304");
  assert.equal(canonical("fe80:0:0:0:0:0:0:1"), "fe80::1");
});
