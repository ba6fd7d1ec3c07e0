import type { SchemeWriter } from "./slots.ts";

/** `Authorization: Bearer VALUE` (RFC 6750 2.1). */
export const bearer: SchemeWriter<{ readonly kind: "bearer" }> = {
  fields: () => ["authorization"],
  write: (_scheme, value, { headers, query }) => ({
    headers: [...headers, ["Authorization", `Bearer ${value}`]],
    query,
  }),
};
