import type { Remedy } from "./remedies.ts";

/** PURE: the files in which a remedy lies, with it and without. Throws for an edit that does not fit its file exactly once. */
export function without(
  { id, edits }: Pick<Remedy, "id" | "edits">,
  read: (file: string) => string,
): readonly { readonly file: string; readonly on: string; readonly off: string }[] {
  return [...Map.groupBy(edits, ({ file }) => file)].map(([file, list]) => {
    const on = read(file);
    const off = list.reduce((text, { from, to }) => {
      const parts = text.split(from);
      if (parts.length !== 2) throw new Error(`${id}: \`${from}\` is ${parts.length - 1} times in ${file}`);
      return parts.join(to);
    }, on);
    return { file, on, off };
  });
}
