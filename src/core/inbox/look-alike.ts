import { hostMatches } from "../policy/hosts.ts";

/** Characters of other alphabets, and pairs, that look like Latin ones (a small part of UTS 39). */
const CONFUSED: Readonly<Record<string, string>> = {
  а: "a",
  е: "e",
  о: "o",
  р: "p",
  с: "c",
  у: "y",
  х: "x",
  і: "i",
  ј: "j",
  ѕ: "s",
  ԁ: "d",
  һ: "h",
  ӏ: "l",
  ԛ: "q",
  ԝ: "w",
  в: "b",
  к: "k",
  м: "m",
  н: "h",
  т: "t",
  г: "r",
  α: "a",
  ο: "o",
  ν: "v",
  ρ: "p",
  τ: "t",
  υ: "u",
  ι: "i",
  κ: "k",
  η: "n",
  ı: "i",
  ɡ: "g",
  ɑ: "a",
  "0": "o",
  "1": "l",
  ł: "l",
  ß: "b",
};

/** Shorter names are near to too many others. */
const LEAST = 5;

/**
 * Why a host could be taken for one of `known` (names, or `*.` and a name), in words; null: it could not, or it is one
 * of them. An internationalised name always may. Attack row 132.
 */
export function lookAlike(host: string, known: readonly string[]): string | null {
  const authority = { host, kind: "name", port: 443 } as const;
  if (known.some((pattern) => hostMatches(pattern, authority))) return null;
  const names = [...new Set(known.map((pattern) => pattern.replace(/^\*\./, "")))];
  const plain = unicodeHost(host);
  const like = names.find((name) => isNear(plain, unicodeHost(name)));
  if (like !== undefined) return `looks like ${like}, which is listed`;
  const begins = names.find((name) => name.includes(".") && `.${host}`.includes(`.${name}.`));
  if (begins !== undefined) return `has the name of ${begins} in it, and is another host`;
  return plain === host ? null : "is an internationalised name, of which letters can look like others";
}

function isNear(host: string, name: string): boolean {
  const [own, other] = [site(host), site(name)];
  // Another machine of the same site is no trick.
  if (own === other || other.length < LEAST) return false;
  const [a, b] = [skeleton(own), skeleton(other)];
  return a === b || skeleton(host) === skeleton(name) || isOneEdit(a, b) || isOneEdit(host, name);
}

/** Its last two labels, three below the likes of `co.uk`: what one mostly has to register. */
function site(host: string): string {
  const labels = host.split(".");
  const [second = "", last = ""] = labels.slice(-2);
  return labels.slice(last.length === 2 && second.length <= 3 ? -3 : -2).join(".");
}

function skeleton(host: string): string {
  const folded = host.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return [...folded]
    .map((char) => CONFUSED[char] ?? char)
    .join("")
    .replaceAll("rn", "m")
    .replaceAll("vv", "w")
    .replaceAll("cl", "d")
    .replaceAll("i", "l");
}

/** One character more, less, other, or two that changed places. */
function isOneEdit(a: string, b: string): boolean {
  if (a === b || Math.abs(a.length - b.length) > 1) return false;
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  const rest = (text: string, skip: number) => text.slice(head + skip);
  if (a.length !== b.length) return a.length > b.length ? rest(a, 1) === rest(b, 0) : rest(a, 0) === rest(b, 1);
  const swapped = a[head] === b[head + 1] && a[head + 1] === b[head] && rest(a, 2) === rest(b, 2);
  return swapped || rest(a, 1) === rest(b, 1);
}

/** A name with its A-labels decoded; one that cannot be stays as it is. */
export function unicodeHost(host: string): string {
  return host
    .split(".")
    .map((label) => (label.startsWith("xn--") ? (decode(label.slice(4)) ?? label) : label))
    .join(".");
}

/** Punycode, RFC 3492 6.2; null for what is none. */
function decode(text: string): string | null {
  const dash = text.lastIndexOf("-");
  const out = dash > 0 ? [...text.slice(0, dash)] : [];
  let [n, i, bias, at] = [128, 0, 72, dash > 0 ? dash + 1 : 0];
  while (at < text.length) {
    const before = i;
    for (let [weight, k] = [1, 36]; ; k += 36) {
      const digit = "abcdefghijklmnopqrstuvwxyz0123456789".indexOf(text[at] ?? "?");
      at += 1;
      if (digit < 0) return null;
      i += digit * weight;
      const least = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
      if (digit < least) break;
      weight *= 36 - least;
    }
    const length = out.length + 1;
    let delta = before === 0 ? Math.floor(i / 700) : Math.floor((i - before) / 2);
    delta += Math.floor(delta / length);
    let k = 0;
    for (; delta > 455; k += 36) delta = Math.floor(delta / 35);
    bias = k + Math.floor((36 * delta) / (delta + 38));
    n += Math.floor(i / length);
    i %= length;
    if (n > 0x10ffff || (n >= 0xd800 && n < 0xe000)) return null;
    out.splice(i, 0, String.fromCodePoint(n));
    i += 1;
  }
  return out.join("");
}
