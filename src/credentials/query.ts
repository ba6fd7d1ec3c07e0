import type { SchemeWriter } from "./slots.ts";

/** `?PARAMETER=VALUE`: every instance of the parameter goes, ours comes last. The others keep their very bytes. */
export const query: SchemeWriter<{ readonly kind: "query"; readonly parameter: string }> = {
  fields: () => [],
  write: ({ parameter }, value, slots) => {
    const others = withoutParameter(slots.query ?? "", parameter);
    return { headers: slots.headers, query: [...others, `${parameter}=${encodeURIComponent(value)}`].join("&") };
  },
};

/** The parts of a query that leave where this parameter is written. */
export function withoutParameter(query: string, parameter: string): readonly string[] {
  return query.split("&").filter((part) => part !== "" && !names(part, parameter));
}

/** True when a server could read this part as the parameter: decoded, in any case, also behind a `;` that some split at. */
function names(part: string, parameter: string): boolean {
  const wanted = parameter.toLowerCase();
  return part
    .split(";")
    .some((piece) => [...new URLSearchParams(piece).keys()].some((name) => name.trim().toLowerCase() === wanted));
}
