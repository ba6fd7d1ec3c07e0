export interface RequestTarget {
  readonly form: "origin" | "absolute" | "asterisk";
  /** Of absolute-form; null otherwise. */
  readonly scheme: "http" | "https" | null;
  /** Text between `//` and the path of absolute-form, still to be read by `parseAuthority`; null otherwise. */
  readonly authority: string | null;
  /** Raw bytes of the path component, from the first slash; `*` for asterisk-form. */
  readonly path: string;
  /** What follows the first `?`, without it; null when there is none. */
  readonly query: string | null;
}

export type TargetReading =
  | { readonly ok: true; readonly target: RequestTarget }
  | { readonly ok: false; readonly why: string };

/**
 * Splits a request target (RFC 9112 3.2) without normalising anything: what is judged is what is sent.
 * Visible ASCII only, no fragment; a backslash in an authority is refused. Attack rows 18, 64.
 */
export function readTarget(text: string): TargetReading {
  if (!/^[\x21-\x7e]+$/.test(text)) return { ok: false, why: "character not allowed in a request target" };
  if (text.includes("#")) return { ok: false, why: "fragment in a request target" };
  if (text === "*")
    return { ok: true, target: { form: "asterisk", scheme: null, authority: null, path: "*", query: null } };
  if (text.startsWith("/")) {
    return { ok: true, target: { form: "origin", scheme: null, authority: null, ...splitQuery(text) } };
  }
  const absolute = /^(https?):\/\/([^/?]*)(.*)$/i.exec(text);
  const [, scheme = "", authority = "", rest = ""] = absolute ?? [];
  if (authority === "") return { ok: false, why: "neither a path nor an http(s) URI" };
  if (authority.includes("\\")) return { ok: false, why: "backslash in an authority" };
  // RFC 9112 3.2.1: an empty path is sent as `/`.
  const { path, query } = splitQuery(rest);
  return {
    ok: true,
    target: {
      form: "absolute",
      scheme: scheme.toLowerCase() === "https" ? "https" : "http",
      authority,
      path: path === "" ? "/" : path,
      query,
    },
  };
}

/** The origin-form to send: path and query exactly as they were judged. */
export function formatTarget(path: string, query: string | null): string {
  return query === null ? path : `${path}?${query}`;
}

/**
 * What makes two servers read this path differently, in a few words; null when nothing does. Hosts with path or body
 * rules refuse such a path. Attack row 63.
 */
export function pathAmbiguity(path: string): string | null {
  if (!path.startsWith("/")) return "no leading slash";
  if (!/^[\x21-\x7e]*$/.test(path)) return "control or non-ASCII character";
  if (path.includes("\\")) return "backslash";
  if (path.includes("//")) return "empty segment";
  if (path.includes(";")) return "path parameter";
  if (/[?#]/.test(path)) return "not a path";
  if (/%(?![0-9A-Fa-f]{2})/.test(path)) return "broken percent-encoding";
  for (const [, hex = ""] of path.matchAll(/%(..)/g)) {
    const code = Number.parseInt(hex, 16);
    if (code < 0x20 || code === 0x7f) return "encoded control character";
    const character = String.fromCharCode(code);
    // Encoded twice (`%25`), encoded delimiters, and encoded letters that another server would compare decoded.
    if (/[/\\;?#%]/.test(character)) return `encoded ${character}`;
    if (/[A-Za-z0-9._~-]/.test(character)) return "encoded character that needs no encoding";
  }
  if (path.split("/").some((segment) => segment === "." || segment === "..")) return "dot segment";
  return decodes(path) ? null : "encoded bytes are not UTF-8";
}

/** Overlong forms such as `%c0%af` are a slash to a lax decoder. */
function decodes(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

function splitQuery(text: string): { path: string; query: string | null } {
  const mark = text.indexOf("?");
  return mark < 0 ? { path: text, query: null } : { path: text.slice(0, mark), query: text.slice(mark + 1) };
}
