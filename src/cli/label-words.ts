import { BottleError } from "../core/model/errors.ts";

/** `--label key=value`, each as typed. Errors: USAGE. */
export function labelsOf(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf("=");
      if (at <= 0)
        throw new BottleError("USAGE", `--label takes key=value, not ${word}`, {
          hint: "for instance --label team=core",
        });
      return [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}

/** Does a bottle with these labels have all that are asked for? `key` alone: with any value. */
export function hasLabels(labels: Readonly<Record<string, string>>, asked: readonly string[]): boolean {
  return asked.every((word) => {
    const at = word.indexOf("=");
    const key = at < 0 ? word : word.slice(0, at);
    return Object.hasOwn(labels, key) && (at < 0 || labels[key] === word.slice(at + 1));
  });
}
