import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createLeakScanner, type LeakSearch } from "../src/core/leaks/leak-scanner.ts";
import { compileNeedles } from "../src/core/leaks/needles.ts";
import type { BenchOptions, BenchRow, BenchSection } from "./measure.ts";
import { spread } from "./measure.ts";

const MIB = 1024 * 1024;
const ROUNDS = 5;
const CHUNK = 64 * 1024;
const VALUES = 10;

/** Text of random digits that is the same in every run. */
function noise(length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 64) }, (_, i) => createHash("sha512").update(`${i}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
}

/** Ordinary traffic, 1 MiB of each kind. */
function corpora(root: string): ReadonlyMap<string, Buffer> {
  const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter((it) =>
    it.endsWith(".ts"),
  );
  const source = files.map((file) => readFileSync(join(root, "src", file), "utf8")).join("\n");
  const messages = source.match(/[\s\S]{1,3000}/g)?.map((content) => ({ role: "user", content }));
  const fill = (text: string | Buffer) => Buffer.alloc(MIB, text);
  return new Map([
    ["source", fill(source)],
    ["JSON chat", fill(JSON.stringify({ messages }))],
    ["minified", fill(source.replaceAll(/\s+/g, " "))],
    ["base64 of an image", fill(noise(MIB).toString("base64"))],
    ["base64 of text", fill(Buffer.from(source).toString("base64"))],
    ["binary", noise(MIB)],
    ["hex", fill(noise(MIB).toString("hex"))],
    ["percent-encoded", fill(encodeURIComponent(source))],
  ]);
}

/** MiB of a body searched in a second of CPU, by kind of traffic, for each part of the search. */
export async function rows({ root, say }: BenchOptions): Promise<BenchSection> {
  const reading = compileNeedles(
    Array.from({ length: VALUES }, (_, i) => ({
      name: `${i}`,
      value: noise(64 * VALUES).toString("hex", 32 * i, 32 * i + 20),
    })),
  );
  if (!reading.ok) throw new Error("the values of the benchmark are too short");
  const searches: Readonly<Record<string, LeakSearch>> = {
    "known values": { known: reading.set, canaries: null, patterns: false },
    "token formats": { known: null, canaries: null, patterns: true },
    all: { known: reading.set, canaries: reading.set, patterns: true },
  };
  const result: BenchRow[] = [];
  for (const [kind, bytes] of corpora(root)) {
    say(kind);
    const rates = new Map<string, number[]>(Object.keys(searches).map((name) => [name, []]));
    // The first round does not count.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [name, search] of Object.entries(searches)) {
        const rate = rateOf(search, bytes);
        if (round > 0) rates.get(name)?.push(rate);
      }
    }
    for (const [name, samples] of rates) {
      const { median, low, high, n } = spread(samples);
      const value = `${median.toFixed(0)} MiB per CPU second (${low.toFixed(0)} to ${high.toFixed(0)})`;
      const budget = name === "all" && kind === "source" ? { budget: ">= 20 MiB" } : {};
      result.push({ what: `${kind}: ${name}`, value, ...budget, n });
    }
  }
  return {
    title: "Leak scan",
    rows: result,
    notes: [
      `1 MiB of each kind in chunks of ${CHUNK / 1024} KiB, ${VALUES} known values, ${ROUNDS} rounds in turns, one thread.`,
    ],
  };
}

function rateOf(search: LeakSearch, bytes: Buffer): number {
  const scanner = createLeakScanner(search, () => "pass");
  const before = process.cpuUsage();
  for (let at = 0; at < bytes.length; at += CHUNK) scanner.push(bytes.subarray(at, at + CHUNK));
  scanner.flush();
  const { user, system } = process.cpuUsage(before);
  return bytes.length / MIB / ((user + system) / 1e6);
}
