import { printable } from "../wire/printable.ts";

/** What is wrong with the labels of a start. Labels are shown in lists and passed to tools, so they are kept plain (attack row 152). */
export function labelProblems(labels: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(labels).flatMap(([key, value]) => {
    const problems: string[] = [];
    if (!/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/.test(key)) {
      problems.push(`label ${printable(key, 80)}: a key has 1 to 63 letters, digits and ._/-`);
    }
    if (value.length > 256 || printable(value) !== value) {
      problems.push(`label ${printable(key, 80)}: a value has at most 256 printable characters`);
    }
    return problems;
  });
}
