import type { SchemeWriter } from "./slots.ts";

/** `HEADER: PREFIX VALUE`, for keys in fields of their own such as `x-api-key`. The prefix brings its own space. */
export const header: SchemeWriter<{ readonly kind: "header"; readonly header: string; readonly prefix: string }> = {
  fields: (scheme) => [scheme.header.toLowerCase()],
  write: (scheme, value, { headers, query }) => ({
    headers: [...headers, [scheme.header, `${scheme.prefix}${value}`]],
    query,
  }),
};
