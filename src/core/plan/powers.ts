import { forbiddenKeys, forbiddenValues, type Keys } from "./project-file.ts";

/** One thing that a manifest says beyond what any project may: the smallest part, with its value. */
export interface Power {
  readonly path: Keys;
  /** JSON. */
  readonly value: string;
  /** False: refused even when the file is trusted. */
  readonly grantable: boolean;
}

/** Sections by how much they give away, so that the gravest is read first and nothing is buried under the rest. */
const GRAVITY: readonly ((path: Keys, value: string) => boolean)[] = [
  (path) => path[2] === "credentials",
  (path, value) => path[2] === "env" && value.includes("${"),
  (path) => path[2] === "egress" && path.includes("dial"),
  (path) => path[2] === "egress",
  (path) => path[2] === "env",
  (path) => path[0] === "bottles",
];

/** Everything in a parsed manifest that would need the operator's trust, the gravest first. */
export function powersOf(value: unknown): readonly Power[] {
  const found = forbiddenKeys(value, false).flatMap(({ path }) => leaves(at(value, path), path));
  const never = new Set(
    [...forbiddenKeys(value, true).map(({ path }) => path), ...forbiddenValues(value)].map((path) =>
      JSON.stringify(path),
    ),
  );
  const powers = found.map(({ path, value: leaf }) => ({
    path,
    value: leaf,
    grantable: !path.some((_, index) => never.has(JSON.stringify(path.slice(0, index + 1)))),
  }));
  const rank = (power: Power): number => {
    const found = GRAVITY.findIndex((fits) => fits(power.path, power.value));
    return found < 0 ? GRAVITY.length : found;
  };
  return powers.sort((a, b) => rank(a) - rank(b));
}

function at(value: unknown, path: Keys): unknown {
  let found = value;
  for (const part of path) {
    found =
      typeof found === "object" && found !== null ? Object.getOwnPropertyDescriptor(found, part)?.value : undefined;
  }
  return found;
}

function leaves(value: unknown, path: Keys): readonly { readonly path: Keys; readonly value: string }[] {
  if (typeof value === "object" && value !== null) {
    const list = Array.isArray(value);
    const inner = Object.entries(value).flatMap(([key, item]) => leaves(item, [...path, list ? Number(key) : key]));
    // A list of words is read at one glance.
    const words = list && value.every((item) => typeof item !== "object");
    if (inner.length > 0 && !words) return inner;
  }
  return [{ path, value: JSON.stringify(value) ?? "null" }];
}
