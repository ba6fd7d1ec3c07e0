import { createMultipartReader, createUrlencodedReader, type FormReader, queryFields } from "../wire/form-fields.ts";
import { type HeaderPair, headerValues } from "../wire/header-pairs.ts";
import { createJsonReader } from "../wire/json-fields.ts";

/** Names under which frameworks take a method from a parameter, without case and what stands between the words. */
const OVERRIDE_NAMES = new Set([
  "method",
  "httpmethod",
  "xmethod",
  "xhttpmethod",
  "methodoverride",
  "xmethodoverride",
  "httpmethodoverride",
  "xhttpmethodoverride",
]);

/** `?method=flickr.photos` is an ordinary parameter of some hosts, `?method=DELETE` is an override at others. */
const VERB = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT|MERGE|COPY|MOVE|LINK|UNLINK|PURGE|PROP[A-Z]+)$/;

/** Methods that the query asks a framework to act as, upper case. Attack row 62; the header forms are stripped. */
export function queryOverrides(query: string | null): readonly string[] {
  if (query === null) return [];
  return queryFields(query).flatMap(({ name, value }) => {
    const method = value.trim().toUpperCase();
    return isOverride(name) || (/^\s*method\s*$/i.test(name) && VERB.test(method)) ? [method] : [];
  });
}

/** Looks at a body on its way for a method that its rule does not list. */
export interface OverrideGuard {
  /** What does not fit; null while nothing does. */
  push(piece: Uint8Array): string | null;
}

/**
 * The guard for a body at a rule that restricts methods; null where nobody would look for one, and a text where a server
 * might find one that cannot be found here. Of JSON the outermost members are read, where it is not encoded.
 */
export function createOverrideGuard(
  methods: readonly string[] | null,
  headers: readonly HeaderPair[],
): OverrideGuard | string | null {
  if (methods === null) return null;
  const types = headerValues(headers, "content-type");
  const type = types.join(", ");
  const multipart = /multipart\s*\//i.test(type);
  // Some servers take a body without a type for a form.
  const urlencoded = type.trim() === "" || /x-www-form-urlencoded/i.test(type);
  const encoded = !/^(?:identity)?$/i.test(headerValues(headers, "content-encoding").join(", "));
  if (!multipart && !urlencoded) {
    return /[/+]json/i.test(type) && !encoded ? guardOf(createJsonReader(), methods, isJsonOverride) : null;
  }
  if (types.length > 1 || (multipart && urlencoded)) return "a form with more than one content type";
  if (encoded) return "an encoded form";
  const reader = multipart ? createMultipartReader(type) : createUrlencodedReader();
  return reader === null ? "a form without one clear boundary" : guardOf(reader, methods, isOverride);
}

function guardOf(reader: FormReader, methods: readonly string[], names: (name: string) => boolean): OverrideGuard {
  return {
    push: (piece) => {
      const fields = reader.push(piece);
      if (fields === null) return "a form that cannot be read";
      for (const { name, value } of fields) {
        const method = value.trim().toUpperCase();
        // Judged as it comes, before its last byte leaves: no method is the beginning of another one.
        if (names(name) && !methods.some((it) => it.startsWith(method)))
          return `method ${method.slice(0, 20)} in the body`;
      }
      return null;
    },
  };
}

/** True for `_method`, `_METHOD[]`, `X-HTTP-Method-Override`, `.method` and the like; `method` alone is too common. */
function isOverride(name: string): boolean {
  // PHP ends a name at a bracket or NUL, and makes dots and blanks into underscores.
  const end = name.search(/[[\0]/);
  const text = (end < 0 ? name : name.slice(0, end)).trim().toLowerCase();
  return text !== "method" && OVERRIDE_NAMES.has(text.replace(/[\s._'"-]/g, ""));
}

/** In JSON `httpMethod` and its like are ordinary data of some hosts; frameworks read `_method`. */
function isJsonOverride(name: string): boolean {
  return /^\s*_/.test(name) && isOverride(name);
}
