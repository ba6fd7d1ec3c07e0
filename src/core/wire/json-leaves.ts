/** Reads texts and numbers out of a JSON text as it passes, in bounded memory. */
export interface JsonLeaves {
  /** Takes the next bytes of the text. Never throws. */
  push(bytes: Uint8Array, from?: number, to?: number): void;
  /** Forgets what came so far: another text begins. */
  reset(): void;
}

/** Deeper leaves are passed over, and keys below are not remembered. */
const DEEPEST = 6;
/** What is nested deeper is no answer of anybody's; the rest of it is passed over. */
const NESTED = 512;
/** Longer texts and keys are nobody's that is asked for. */
const LONGEST = 128;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Tells of leaves whose path is among `wanted`: keys joined by `.`, `*` for any place in a list. It is no judge: of a
 * text that is no JSON it tells something or nothing. Duplicates are told in order.
 */
export function createJsonLeaves(
  wanted: ReadonlySet<string>,
  tell: (path: string, value: string | number) => void,
): JsonLeaves {
  /** True for an object, false for a list. */
  let kinds: boolean[] = [];
  let keys: string[] = [];
  let state: "between" | "text" | "number" = "between";
  let isKey = false;
  let wantsKey = false;
  let escaped = false;
  let hasEscape = false;
  /** null: what is read now is not kept. */
  let kept: number[] | null = null;
  let lost = false;

  const reset = () => {
    kinds = [];
    keys = [];
    state = "between";
    isKey = false;
    wantsKey = false;
    escaped = false;
    hasEscape = false;
    kept = null;
    lost = false;
  };
  const path = () => keys.slice(0, kinds.length).join(".");
  const keep = (byte: number) => {
    if (kept === null) return;
    if (kept.length < LONGEST) kept.push(byte);
    else kept = null;
  };
  const text = (): string | null => {
    if (kept === null) return null;
    const raw = Buffer.from(kept).toString("utf8");
    if (!hasEscape) return raw;
    try {
      return String(JSON.parse(`"${raw}"`));
    } catch {
      return null;
    }
  };
  const endText = () => {
    state = "between";
    const value = text();
    kept = null;
    if (isKey) {
      if (kinds.length <= DEEPEST) keys[kinds.length - 1] = value ?? "";
    } else if (value !== null) tell(path(), value);
  };
  const endNumber = () => {
    state = "between";
    const value = kept === null ? Number.NaN : Number(Buffer.from(kept).toString("latin1"));
    kept = null;
    if (Number.isFinite(value)) tell(path(), value);
  };
  const open = (isObject: boolean) => {
    if (kinds.length >= NESTED) {
      lost = true;
      return;
    }
    kinds.push(isObject);
    if (kinds.length <= DEEPEST) keys[kinds.length - 1] = isObject ? "" : "*";
    wantsKey = isObject;
  };
  const between = (byte: number) => {
    switch (byte) {
      case QUOTE:
        state = "text";
        isKey = wantsKey;
        escaped = false;
        hasEscape = false;
        kept = kinds.length > 0 && kinds.length <= DEEPEST && (isKey || wanted.has(path())) ? [] : null;
        break;
      case 0x7b:
      case 0x5b:
        open(byte === 0x7b);
        break;
      case 0x7d:
      case 0x5d:
        if (kinds.pop() !== (byte === 0x7d)) lost = true;
        wantsKey = false;
        break;
      case 0x2c:
        wantsKey = kinds.at(-1) === true;
        break;
      case 0x3a:
        wantsKey = false;
        break;
      default:
        if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
          state = "number";
          kept = kinds.length > 0 && kinds.length <= DEEPEST && wanted.has(path()) ? [byte] : null;
        }
    }
  };
  return {
    reset,
    push: (bytes, from = 0, to = bytes.length) => {
      for (let at = from; at < to && !lost; at++) {
        const byte = bytes[at] as number;
        if (state === "text") {
          if (escaped) {
            escaped = false;
            keep(byte);
          } else if (byte === BACKSLASH) {
            escaped = true;
            hasEscape = true;
            keep(byte);
          } else if (byte === QUOTE) endText();
          else if (kept !== null) keep(byte);
          // Most of an answer is text that nobody asks for.
          else while (at + 1 < to && bytes[at + 1] !== QUOTE && bytes[at + 1] !== BACKSLASH) at++;
        } else if (state === "number") {
          // Digits, sign, point, exponent; whatever else ends it.
          if (
            (byte >= 0x30 && byte <= 0x39) ||
            byte === 0x2e ||
            (byte | 0x20) === 0x65 ||
            byte === 0x2b ||
            byte === 0x2d
          ) {
            keep(byte);
          } else {
            endNumber();
            between(byte);
          }
        } else between(byte);
      }
    },
  };
}
