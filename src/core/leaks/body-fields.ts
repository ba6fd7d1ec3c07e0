import { createFieldReader } from "./views/field-reader.ts";

/** A value in a text, and the name before it; "" where there is none. Latin-1, escapes as they are. */
export interface BodyField {
  readonly name: string;
  readonly value: string;
}

/** The values of a whole short text: JSON, urlencoded, multipart; none in any other. */
export function bodyFields(bytes: Uint8Array): readonly BodyField[] {
  const fields: BodyField[] = [];
  let name = "";
  let text = "";
  const sink = {
    text: (from: number, to: number) => {
      text += Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("latin1");
    },
    end: (role: "name" | "value") => {
      if (role === "name") name = text;
      else fields.push({ name, value: text });
      text = "";
    },
    cutEnd: (count: number) => {
      text = text.slice(0, Math.max(0, text.length - count));
    },
    drop: () => {
      text = "";
    },
  };
  const reader = createFieldReader();
  reader.read(bytes, sink);
  reader.finish(sink);
  return fields;
}
