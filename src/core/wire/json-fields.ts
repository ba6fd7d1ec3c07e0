import type { FormField, FormReader } from "./form-fields.ts";

/** Of a name or value nothing beyond this is looked at. */
const FIELD_LENGTH = 1024;

/**
 * Reads the outermost members of a JSON object that hold text, as they pass, at any cut (RFC 8259). Each is named however
 * often it comes, so that it does not matter which one a server takes. What is no JSON has no members; nothing is refused.
 */
export function createJsonReader(): FormReader {
  /** Of what is open: only members of an outermost object count. */
  let depth = 0;
  let members = false;
  let role: "name" | "value" = "name";
  let name = "";
  /** What of the present string was read; null outside of one. */
  let text: string | null = null;
  let escaped = false;
  /** Whether it has become longer since it was last told. */
  let grown = false;

  const read = (char: string, fields: FormField[]): void => {
    if (text !== null) {
      if (char === '"' && !escaped) {
        if (members && depth === 1 && role === "value") fields.push({ name, value: decode(text) });
        else if (depth === 1) name = decode(text);
        text = null;
      } else if (text.length < FIELD_LENGTH && depth === 1) {
        text += char;
        grown = true;
      }
      escaped = char === "\\" && !escaped;
    } else if (char === '"') {
      text = "";
      escaped = false;
      // Else a value that has only begun would be told as empty, and an empty method judged.
      grown = false;
    } else if (char === "{" || char === "[") {
      depth += 1;
      if (depth === 1) {
        members = char === "{";
        role = "name";
      }
    } else if (char === "}" || char === "]") depth -= 1;
    else if (depth === 1 && char === ":") role = "value";
    else if (depth === 1 && char === ",") role = "name";
  };
  return {
    push: (piece) => {
      const fields: FormField[] = [];
      for (const char of Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString("latin1"))
        read(char, fields);
      // A value may go on in the next piece.
      if (text !== null && grown && members && depth === 1 && role === "value")
        fields.push({ name, value: decode(text) });
      grown = false;
      return fields;
    },
  };
}

/** Escapes undone; one that is cut short is left out. */
function decode(text: string): string {
  if (!text.includes("\\")) return text;
  return text
    .replace(/\\(?:u([0-9a-f]{4})|([^u]))/gi, (_, code: string | undefined, char: string) =>
      code === undefined
        ? char === "n" || char === "t" || char === "r"
          ? " "
          : char
        : String.fromCharCode(Number.parseInt(code, 16)),
    )
    .replace(/\\(?:u[0-9a-f]{0,3})?$/i, "");
}
