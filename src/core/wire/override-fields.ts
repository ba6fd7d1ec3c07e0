/**
 * Beginnings of fields by which a proxy tells the server behind it of another method, path or host than the one that
 * was judged. The gateway is a forward proxy: no honest client of one sends them (attack rows 2, 62, 63).
 */
const STARTS = [
  "x-forwarded",
  "x-original-",
  "x-rewrite-",
  "x-accel-",
  "x-envoy-",
  "x-method",
  "x-http-method",
  "x-http-host",
  "x-http-path",
  "x-http-url",
  "x-proxy-",
  "x-middleware-",
  "x-invoke-",
  "x-matched-path",
  "x-sendfile",
];

const NAMES = new Set([
  "forwarded",
  "max-forwards",
  "base-url",
  "front-end-https",
  "http-method-override",
  "method-override",
  "x-base-url",
  "x-host",
  "x-path",
  "x-real-host",
  "x-request-uri",
  "x-server-name",
  "x-uri",
  "x-url",
]);

/** True for a field (lower case) that would override what was judged. */
export function isOverrideField(name: string): boolean {
  return NAMES.has(name) || STARTS.some((start) => name.startsWith(start));
}

/** The one spelling of a name to servers that hand fields to programs as variables: all but letters and digits is the same. */
export function foldedField(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "-");
}
