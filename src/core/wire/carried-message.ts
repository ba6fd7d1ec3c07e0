/** Words about connections that are carried on the control stream; `connection` is the `seq` of the `dial` that opened it. */
export type CarriedMessage =
  | { readonly type: "data"; readonly connection: number; readonly bytes: Uint8Array }
  /** So many bytes were handed on: as many more may come. */
  | { readonly type: "took"; readonly connection: number; readonly count: number }
  /** No more data from this side. */
  | { readonly type: "end"; readonly connection: number }
  /** It broke, or nobody wants it any more. */
  | { readonly type: "drop"; readonly connection: number };

/** Most bytes of one `data`. */
export const CARRIED_PIECE = 48 << 10;

const SIGNS = { data: "=", took: "+", end: ".", drop: "!" } as const;
const HEAD = /^([=+.!])([0-9]{1,15})(?: |$)/;
/** A sign, a number and the space between. */
const LONGEST_HEAD = 17;
const COUNT = /^[0-9]{1,9}$/;

/** The line of a message, without its LF: bytes go as base64, since all else on the stream is text. */
export function carriedLine(message: CarriedMessage): string {
  const head = `${SIGNS[message.type]}${message.connection}`;
  switch (message.type) {
    case "data":
      return `${head} ${Buffer.from(message.bytes.buffer, message.bytes.byteOffset, message.bytes.byteLength).toString("base64")}`;
    case "took":
      return `${head} ${message.count}`;
    case "end":
    case "drop":
      return head;
  }
}

/** Does this line speak of a carried connection? All other lines are JSON objects. */
export function isCarriedLine(line: Uint8Array): boolean {
  return line.length > 0 && line[0] !== 0x7b;
}

/** Reads such a line; null for anything that `carriedLine` does not write. Attack row 153. */
export function readCarriedMessage(line: Uint8Array): CarriedMessage | null {
  const bytes = Buffer.from(line.buffer, line.byteOffset, line.byteLength);
  const head = HEAD.exec(bytes.toString("latin1", 0, LONGEST_HEAD));
  if (head === null) return null;
  const [whole, sign, number] = head;
  const connection = Number(number);
  if (String(connection) !== number) return null;
  const hasRest = whole.endsWith(" ");
  if (sign === SIGNS.end || sign === SIGNS.drop) {
    if (hasRest || bytes.length !== whole.length) return null;
    return { type: sign === SIGNS.end ? "end" : "drop", connection };
  }
  if (!hasRest) return null;
  const rest = bytes.toString("latin1", whole.length);
  if (sign === SIGNS.took) {
    return COUNT.test(rest) && String(Number(rest)) === rest && rest !== "0"
      ? { type: "took", connection, count: Number(rest) }
      : null;
  }
  const data = Buffer.from(rest, "base64");
  // Buffer skips what is no base64: only what it writes itself is taken.
  if (data.length === 0 || data.length > CARRIED_PIECE || data.toString("base64") !== rest) return null;
  return { type: "data", connection, bytes: data };
}
