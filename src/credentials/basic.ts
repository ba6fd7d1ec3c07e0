import type { SchemeWriter } from "./slots.ts";

/** `Authorization: Basic base64(USER:VALUE)` (RFC 7617 2), which is what git over https sends. */
export const basic: SchemeWriter<{ readonly kind: "basic"; readonly username: string }> = {
  fields: () => ["authorization"],
  write: ({ username }, value, { headers, query }) => {
    const pair = Buffer.from(`${username}:${value}`, "utf8").toString("base64");
    return { headers: [...headers, ["Authorization", `Basic ${pair}`]], query };
  },
};
