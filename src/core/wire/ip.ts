import { ipv4Bytes, ipv4Text, ipv6Bytes, ipv6Text } from "./ip-text.ts";

export type AddressClass =
  | "public"
  | "metadata"
  | "loopback"
  | "unspecified"
  | "private"
  | "link-local"
  | "cgnat"
  | "multicast"
  | "special";

export interface AddressReading {
  /** RFC 5952 text for IPv6 (no brackets, no zone, hexadecimal groups only), dotted quad for IPv4. */
  readonly canonical: string;
  readonly family: 4 | 6;
  readonly class: AddressClass;
  /** IPv4 addresses carried inside (mapped, compatible, NAT64, 6to4, Teredo, ISATAP); empty when there are none. */
  readonly embedded: readonly string[];
}

interface Range {
  readonly bytes: Uint8Array;
  readonly bits: number;
  readonly class: AddressClass;
}

/** Cloud metadata services; first, so that they win over the range around them (attack row 30). */
const METADATA = {
  v4: ["169.254.169.0/24", "169.254.170.0/24", "169.254.42.42/32", "169.254.0.23/32", "100.100.100.200/32"],
  // Azure's wire server and Oracle's metadata service.
  v4Others: ["168.63.129.16/32", "192.0.0.192/32"],
  v6: ["fd00:ec2::/32", "fd20:ce::254/128", "fd00:42::42/128"],
};

/** IANA IPv4 Special-Purpose Address Registry, with multicast and class E (attack row 29). */
const RANGES_V4: readonly Range[] = [
  ...[...METADATA.v4, ...METADATA.v4Others].map((cidr) => range(cidr, "metadata")),
  range("0.0.0.0/8", "unspecified"),
  range("10.0.0.0/8", "private"),
  range("100.64.0.0/10", "cgnat"),
  range("127.0.0.0/8", "loopback"),
  range("169.254.0.0/16", "link-local"),
  range("172.16.0.0/12", "private"),
  range("192.0.0.0/24", "special"),
  range("192.0.2.0/24", "special"),
  range("192.31.196.0/24", "special"),
  range("192.52.193.0/24", "special"),
  range("192.88.99.0/24", "special"),
  range("192.168.0.0/16", "private"),
  range("192.175.48.0/24", "special"),
  range("198.18.0.0/15", "special"),
  range("198.51.100.0/24", "special"),
  range("203.0.113.0/24", "special"),
  range("224.0.0.0/4", "multicast"),
  range("240.0.0.0/4", "special"),
];

/** IANA IPv6 Special-Purpose Address Registry; only 2000::/3 is global unicast, the rest is denied by the last line. */
const RANGES_V6: readonly Range[] = [
  ...METADATA.v6.map((cidr) => range(cidr, "metadata")),
  range("::/128", "unspecified"),
  range("::1/128", "loopback"),
  range("2001::/23", "special"),
  range("2001:db8::/32", "special"),
  range("2002::/16", "special"),
  range("2620:4f:8000::/48", "special"),
  range("3fff::/20", "special"),
  range("fc00::/7", "private"),
  range("fe80::/10", "link-local"),
  range("fec0::/10", "private"),
  range("ff00::/8", "multicast"),
  range("2000::/3", "public"),
  range("::/0", "special"),
];

const MAPPED = range("::ffff:0:0/96", "special");
const NAT64 = range("64:ff9b::/96", "special");
const NAT64_LOCAL = range("64:ff9b:1::/48", "special");
const SIX_TO_FOUR = range("2002::/16", "special");
const TEREDO = range("2001::/32", "special");
const COMPATIBLE = range("::/96", "special");

/**
 * Classifies an address text strictly (no zone, no short or octal forms); null when it is not an address.
 * An IPv6 address that carries an IPv4 one is at most as good as what it carries. Attack rows 27 to 30.
 */
export function readAddress(text: string): AddressReading | null {
  const v4 = ipv4Bytes(text);
  if (v4 !== null) return { canonical: ipv4Text(v4), family: 4, class: classOf(v4, RANGES_V4), embedded: [] };
  const v6 = ipv6Bytes(text);
  if (v6 === null) return null;
  const carried = carriedBy(v6);
  return {
    canonical: ipv6Text(v6),
    family: 6,
    class: classOfV6(v6, carried),
    embedded: carried.map(ipv4Text),
  };
}

function classOfV6(bytes: Uint8Array, carried: readonly Uint8Array[]): AddressClass {
  const own = classOf(bytes, RANGES_V6);
  if (own === "unspecified" || own === "loopback" || own === "metadata") return own;
  const classes = carried.map((v4) => classOf(v4, RANGES_V4));
  if (classes.includes("metadata")) return "metadata";
  // Where its IPv4 address stands depends on the network, so nothing else can be said of it.
  if (within(bytes, NAT64_LOCAL)) return "special";
  const worst = classes.find((it) => it !== "public");
  if (worst !== undefined) return worst;
  // Mapped and NAT64 addresses of public hosts are what dual-stack and IPv6-only networks really dial; the tunnels are not.
  if (within(bytes, MAPPED) || within(bytes, NAT64)) return "public";
  return carried.length > 0 ? "special" : own;
}

/** Every IPv4 address that some standard reads out of these 16 bytes. */
function carriedBy(bytes: Uint8Array): Uint8Array[] {
  const at = (offset: number): Uint8Array => bytes.slice(offset, offset + 4);
  if (within(bytes, MAPPED) || within(bytes, NAT64)) return [at(12)];
  // RFC 6052 2.2 with a /48 prefix, and the /96 that operators use within it.
  if (within(bytes, NAT64_LOCAL)) return [at(12), Uint8Array.of(...bytes.slice(6, 8), ...bytes.slice(9, 11))];
  // RFC 4380 4: the server, then the client with all bits inverted.
  if (within(bytes, TEREDO)) return [at(4), at(12).map((byte) => byte ^ 0xff)];
  const carried = within(bytes, SIX_TO_FOUR) ? [at(2)] : [];
  // RFC 5214 6.1: the interface identifier is 0000:5efe or 0200:5efe and the address.
  if ((bytes[8] === 0 || bytes[8] === 2) && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe)
    carried.push(at(12));
  if (within(bytes, COMPATIBLE) && bytes.some((byte, i) => i < 15 && byte !== 0)) carried.push(at(12));
  return carried;
}

function classOf(bytes: Uint8Array, ranges: readonly Range[]): AddressClass {
  return ranges.find((it) => within(bytes, it))?.class ?? "public";
}

function within(bytes: Uint8Array, { bytes: prefix, bits }: Range): boolean {
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (bytes[i] !== prefix[i]) return false;
  const rest = bits & 7;
  if (rest === 0) return true;
  const mask = (0xff << (8 - rest)) & 0xff;
  return ((bytes[whole] ?? 0) & mask) === ((prefix[whole] ?? 0) & mask);
}

function range(cidr: string, kind: AddressClass): Range {
  const [address = "", bits] = cidr.split("/");
  return { bytes: ipv4Bytes(address) ?? ipv6Bytes(address) ?? new Uint8Array(16), bits: Number(bits), class: kind };
}
