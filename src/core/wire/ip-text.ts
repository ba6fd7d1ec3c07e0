import { isIPv4 } from "node:net";

/** The 4 bytes of a dotted quad (RFC 6943 3.1.1 strict: four decimal parts, no leading zeros); null for anything else. */
export function ipv4Bytes(text: string): Uint8Array | null {
  return isIPv4(text) ? Uint8Array.from(text.split("."), Number) : null;
}

/** The 16 bytes of an IPv6 address text (RFC 4291 2.2) without brackets and without zone; null for anything else. */
export function ipv6Bytes(text: string): Uint8Array | null {
  // Not net.isIPv6: that takes a zone, which names an interface of whoever dials (attack row 11).
  const [left = "", right, ...more] = text.split("::");
  if (more.length > 0) return null;
  const head = groupBytes(left, right === undefined);
  const tail = groupBytes(right ?? "", true);
  if (head === null || tail === null) return null;
  const length = head.length + tail.length;
  // `::` stands for at least one group.
  if (right === undefined ? length !== 16 : length > 14) return null;
  const bytes = new Uint8Array(16);
  bytes.set(head);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

/** Bytes of a run of groups; where `last`, it may end in a dotted quad. Null when one of them is none. */
function groupBytes(text: string, last: boolean): number[] | null {
  if (text === "") return [];
  const groups = text.split(":");
  const bytes: number[] = [];
  for (const [at, group] of groups.entries()) {
    const quad = last && at === groups.length - 1 ? ipv4Bytes(group) : null;
    if (quad !== null) bytes.push(...quad);
    else if (/^[0-9A-Fa-f]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else return null;
  }
  return bytes;
}

/** `a.b.c.d` for four bytes. */
export function ipv4Text(bytes: Uint8Array): string {
  return bytes.join(".");
}

/** RFC 5952 section 4 text for 16 bytes; always hexadecimal groups, so that one address has one text. */
export function ipv6Text(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === "0") end++;
    // Only a longer run replaces an earlier one; a single zero group is never shortened.
    if (end - i > length) {
      start = i;
      length = end - i;
    }
  }
  if (start < 0) return groups.join(":");
  return `${groups.slice(0, start).join(":")}::${groups.slice(start + length).join(":")}`;
}
