/**
 * The forms in which a value is searched: as it is, and as encoders that an echoing server really uses write it.
 * Letters are compared in any case, so each form stands for its upper- and lower-case spellings. Reversed or
 * home-made encodings cannot be covered. Attack rows 90, 106.
 */
export function encodedForms(value: string): readonly Buffer[] {
  const bytes = Buffer.from(value, "utf8");
  const json = JSON.stringify(value).slice(1, -1);
  const texts = [
    bytes.toString("hex"),
    perByte(bytes, "%"),
    unicodeEscapes(value),
    uriComponent(value),
    formComponent(value),
    json,
    json.replaceAll("/", "\\/"),
    html(value),
    ...[0, 1, 2].flatMap((lead) => base64Core(bytes, lead)),
  ];
  const forms = new Map(
    [bytes, ...texts.map((text) => Buffer.from(text, "utf8"))].map((form) => [foldKey(form), form]),
  );
  return [...forms.values()];
}

/** One key for the spellings that the matcher cannot tell apart. */
function foldKey(form: Buffer): string {
  return form.toString("latin1").replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/**
 * Base64 of the value when `lead` bytes (mod 3) stand before it, cut to the characters that depend on the value alone:
 * this is what is left of it inside any longer encoded text, e.g. `user:value`. Both alphabets (RFC 4648 4 and 5).
 */
function base64Core(bytes: Buffer, lead: number): readonly string[] {
  const encoded = Buffer.concat([Buffer.alloc(lead), bytes]).toString("base64");
  const core = encoded.slice(Math.ceil((8 * lead) / 6), Math.floor((8 * (lead + bytes.length)) / 6));
  return [core, core.replaceAll("+", "-").replaceAll("/", "_")];
}

function perByte(bytes: Buffer, prefix: string): string {
  return [...bytes].map((byte) => prefix + byte.toString(16).padStart(2, "0")).join("");
}

function unicodeEscapes(value: string): string {
  return [...Array(value.length).keys()].map((i) => `\\u${value.charCodeAt(i).toString(16).padStart(4, "0")}`).join("");
}

function uriComponent(value: string): string {
  return encodeURIComponent(value.toWellFormed());
}

/** application/x-www-form-urlencoded of the URL Standard, which also encodes `!'()~` and writes `+` for a space. */
function formComponent(value: string): string {
  return new URLSearchParams([["", value]]).toString().slice(1);
}

function html(value: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return value.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
