import { type Breaks, LOST_AT_LINE } from "./breaks.ts";

/** A value as some encoder writes it, before any escaping. */
export interface EncodedForm {
  readonly bytes: Buffer;
  readonly breaks: Breaks;
}

/**
 * The forms in which a value is searched: as it is, reversed, and as encoders that an echoing server really uses write
 * it. Letters are compared in any case, and each character in any escaped spelling, so that escapes need no forms of
 * their own; base64 and hex are searched in each other too. Home-made encodings cannot be covered. Attack rows 90, 106.
 */
export function encodedForms(value: string): readonly EncodedForm[] {
  const bytes = Buffer.from(value, "utf8");
  const wide = Buffer.from(value, "utf16le");
  const reversed = Buffer.from([...value].reverse().join(""), "utf8");
  const cores = [
    ...[0, 1, 2].flatMap((lead) => base64Cores(bytes, lead)),
    ...[0, 1, 2, 3, 4].map((lead) => base32Core(bytes, lead)),
  ];
  const forms: readonly EncodedForm[] = [
    ...[bytes, reversed, wide, Buffer.from(wide).swap16()].map((form) => ({ bytes: form, breaks: "none" as const })),
    { bytes: Buffer.from(bytes.toString("hex")), breaks: "bytes" },
    ...cores.map((core) => ({ bytes: Buffer.from(core), breaks: "lines" as const })),
    ...layeredForms(bytes),
  ];
  return [...new Map(forms.map((form) => [foldKey(form.bytes) + form.breaks, form])).values()];
}

/**
 * What base64 and hex make of a value that one of them has already written: a configuration with `user:value` in base64
 * is itself base64 in a Kubernetes secret. The inner writing is taken at its exact case, since the outer one hides it.
 */
function layeredForms(bytes: Buffer): readonly EncodedForm[] {
  const inner = new Set([...[0, 1, 2].flatMap((lead) => alphabets(bytes, lead)), bytes.toString("hex")]);
  return [...inner].flatMap((text): readonly EncodedForm[] => {
    const again = Buffer.from(text);
    const cores = [0, 1, 2].flatMap((lead) => base64Cores(again, lead));
    return [
      ...cores.map((core) => ({ bytes: Buffer.from(core), breaks: "lines" as const })),
      { bytes: Buffer.from(again.toString("hex")), breaks: "bytes" as const },
    ];
  });
}

/** One key for the spellings that the matcher cannot tell apart. */
function foldKey(form: Buffer): string {
  return form.toString("latin1").replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/**
 * Base64 of the value when `lead` bytes (mod 3) stand before it, cut to the characters that depend on the value alone:
 * this is what is left of it inside any longer encoded text, e.g. `user:value`. Both alphabets (RFC 4648 4 and 5).
 */
function alphabets(bytes: Buffer, lead: number): readonly string[] {
  const core = cutCore(Buffer.concat([Buffer.alloc(lead), bytes]).toString("base64"), 6, lead, bytes.length);
  return [core, core.replaceAll("+", "-").replaceAll("/", "_")];
}

/** The same, and without what a line break may take of it. */
function base64Cores(bytes: Buffer, lead: number): readonly string[] {
  const cores = alphabets(bytes, lead);
  return [...cores, ...cores.map((it) => it.slice(LOST_AT_LINE))];
}

/** The same in base32 (RFC 4648 6). */
function base32Core(bytes: Buffer, lead: number): string {
  const bits = [...Buffer.alloc(lead), ...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const digits = (bits.match(/.{5}/g) ?? []).map(
    (digit) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[Number.parseInt(digit, 2)],
  );
  return cutCore(digits.join(""), 5, lead, bytes.length);
}

/** Drops the digits that hold bits of what stands before or behind. */
function cutCore(text: string, bits: number, lead: number, length: number): string {
  return text.slice(Math.ceil((8 * lead) / bits), Math.floor((8 * (lead + length)) / bits));
}
