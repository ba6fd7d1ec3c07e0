import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { decideTunnel } from "../../../src/core/policy/decide.ts";
import { canonicalHostPattern } from "../../../src/core/policy/hosts.ts";
import { parseAuthority } from "../../../src/core/wire/authority.ts";
import { createDestinationFinder } from "../../../src/gateway/destination.ts";
import { createDialler } from "../../../src/gateway/dialler.ts";
import { createRoots } from "../../../src/gateway/roots.ts";
import { guardOf, policy, rule } from "../../support/core/policies.ts";
import { bytesOf, type FuzzTarget } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";

const ADDRESS = "93.184.215.14";
const PIECES = "a b example com xn--bcher-kva . . . - _ * evil 1 127.0.0.1 [::1] [ ] : @ % %2e \\ / \u212a".split(" ");
const host = fc
  .array(fc.constantFrom(...PIECES, "\0", "\t"), { minLength: 1, maxLength: 6 })
  .map((pieces) => pieces.join(""));
const usual = fc.constantFrom(
  "example.com",
  "*.example.com",
  "a.example.com",
  "127.0.0.1",
  "8.8.8.8",
  "*.com",
  "b.a.example.com",
);

const label = fc.constantFrom("", "a", "a.", "b.a", "evil-", "evil.", "_x", "xn--bcher-kva");
const port = fc.constantFrom("", "", ":443", ":443", ":8443", ":0443", ":");

/** The host that another parser reads, and whether the pattern names it, label by label. */
function readAgain(pattern: string, text: string): { readonly host: string; readonly fits: boolean } | null {
  const name = URL.parse(`http://${text}/`)
    ?.hostname.replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
  if (name === undefined) return null;
  const wild = pattern.startsWith("*.");
  const labels = name.split(".").reverse();
  const wanted = (wild ? pattern.slice(2) : pattern).split(".").reverse();
  const isName = !/^[\d.]+$/.test(name) && !name.includes(":");
  const fits = wild
    ? isName && labels.length > wanted.length && wanted.every((label, at) => label === labels[at])
    : name === pattern;
  return { host: name, fits };
}

class Line extends Duplex {
  override _read(): void {}
  override _write(_: unknown, __: string, done: () => void): void {
    done();
  }
  setNoDelay(): void {}
}

export const target: FuzzTarget = {
  name: "matcher-dialler",
  promise:
    "rows 12 to 14, 20, 38: what is looked up and dialled is the very host that a rule names, and nothing is for any other",
  parsers: ["src/core/wire/authority.ts"],
  // Pattern and authority, a line each.
  input: fc
    .tuple(fc.oneof({ weight: 4, arbitrary: usual }, host), fc.oneof(label, host), fc.oneof(usual, host), port)
    .chain(([pattern, left, right, at]) => {
      const near = pattern.replace("*", left === "" ? "a" : left);
      return fc
        .constantFrom(near, near, `${left}${near}`, `${near}.`, near.toUpperCase(), `${left}.${right}`)
        .map((name) => bytesOf(`${pattern}\n${name.replaceAll("*", "a")}${at}`));
    }),
  runs: 5000,
  check: async (input) => {
    const [given = "", text = ""] = input.toString("latin1").split("\n");
    const pattern = canonicalHostPattern(given);
    const reading = parseAuthority(text, 443);
    if (pattern === null || !reading.ok) return false;
    const { authority } = reading;
    const listed = rule({ host: pattern });
    const now = policy([listed]);
    const decision = decideTunnel(now, guardOf(now), authority);
    const again = readAgain(pattern, text);
    // A name that the other parser refuses: A-labels that decode to nothing.
    if (again === null) {
      assert.match(authority.host, /xn--/);
      return false;
    }
    assert.equal(decision.verdict === "allow", again.fits && authority.port === 443, JSON.stringify([pattern, text]));
    if (decision.verdict !== "allow") return false;
    const names: string[] = [];
    const dials: string[] = [];
    const finder = createDestinationFinder({
      resolve: async (name) => {
        names.push(name);
        return [ADDRESS];
      },
      ownAddresses: () => [],
      resolveMs: 5000,
      resolvedForMs: 0,
      wildcardNames: 100,
      wildcardMs: 1000,
      now: () => 0,
    });
    const found = await finder.find(decision.rules[0] ?? listed, authority, "https");
    const literal = authority.kind !== "name";
    assert.deepEqual(names, literal ? [] : [again.host]);
    if (!found.ok) {
      assert.ok(literal, found.detail);
      return true;
    }
    const line = new Line();
    const dialler = createDialler(
      (way) => {
        dials.push(way.kind === "tcp" ? `${way.address} ${way.port}` : way.path);
        queueMicrotask(() => line.emit("connect"));
        return line as unknown as Socket;
      },
      createRoots(null),
      5000,
    );
    await dialler.open(found.destination);
    line.destroy();
    assert.deepEqual(dials, [`${literal ? again.host : ADDRESS} 443`]);
    return true;
  },
};
