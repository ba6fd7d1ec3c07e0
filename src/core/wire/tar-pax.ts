export type PaxReading =
  | { readonly ok: true; readonly values: ReadonlyMap<string, Uint8Array> }
  | { readonly ok: false; readonly problem: string };

/** What changes how an entry is read. Of the rest (times, owners, attributes) nothing is used. */
const USED = ["path", "linkpath", "size", "mtime"];

/**
 * The records of a pax header, `LENGTH KEY=VALUE\n` (POSIX.1-2017, pax). A global header may hold comments only: names and
 * sizes for many entries at once are a way to mislead readers that forget them.
 */
export function paxOverrides(bytes: Uint8Array, global: boolean): PaxReading {
  const values = new Map<string, Uint8Array>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const digits = space < 0 || space - at > 6 ? "" : Buffer.from(bytes.subarray(at, space)).toString("latin1");
    const end = at + Number(digits);
    if (!/^[1-9]\d{0,5}$/.test(digits) || end > bytes.length || end <= space + 1 || bytes[end - 1] !== 0x0a)
      return problem("a pax header that is not well formed");
    const record = bytes.subarray(space + 1, end - 1);
    const equals = record.indexOf(0x3d);
    if (equals <= 0) return problem("a pax header that is not well formed");
    const key = Buffer.from(record.subarray(0, equals)).toString("latin1");
    if (/^GNU\.sparse\./.test(key)) return problem("a sparse file");
    if (key === "hdrcharset") return problem("a pax header in a character set of its own");
    if (global && key !== "comment")
      return problem(`a global header that sets ${/^[\w.]{1,40}$/.test(key) ? key : "?"}`);
    if (USED.includes(key)) {
      if (values.has(key)) return problem(`a pax header that says ${key} twice`);
      values.set(key, Uint8Array.prototype.slice.call(record.subarray(equals + 1)));
    }
    at = end;
  }
  return { ok: true, values };
}

const problem = (text: string): PaxReading => ({ ok: false, problem: text });
