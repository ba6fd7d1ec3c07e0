import assert from "node:assert/strict";
import {
  derivedConfig,
  IDLE,
  type ImagePlaces,
  type Place,
  type Reading,
  readConfig,
  readDockerManifest,
  readIndex,
  readManifest,
} from "../../../src/backends/smolmachines/image/layout.ts";
import { bytesOf, type FuzzTarget, wordsOf } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";
import { makeImage } from "../../support/saved-image.ts";

const { members, config } = makeImage({ config: { User: "agent", Volumes: { "/data": {} } } });
const texts = [...members.values()].flatMap((bytes) =>
  typeof bytes === "string" || bytes[0] === 0x65 ? [] : [Buffer.from(bytes).toString("latin1")],
);
const DIGEST = `sha256:${"a".repeat(64)}`;
const VALUES = [DIGEST, "sha256:../../x", "../x", "/etc/passwd", "\u0000", -1, 1e300, null, [], {}, "root", "0", true];

/** What an engine writes, and the same with one value changed. */
const written = fc
  .tuple(fc.constantFrom(...texts, config.toString()), fc.nat(60), fc.constantFrom(...VALUES, "unchanged"))
  .map(([text, at, value]) => {
    if (value === "unchanged") return bytesOf(text);
    let count = 0;
    const change = (_key: string, old: unknown) => {
      count += 1;
      return count === at + 2 ? value : old;
    };
    return bytesOf(JSON.stringify(JSON.parse(text, change)) ?? "");
  });

const places = ({ config: own, layers }: ImagePlaces): readonly Place[] => [own, ...layers];

function checkPlaces(reading: Reading<readonly Place[]>): boolean {
  if (!reading.ok) {
    assert.ok(reading.problem.length > 0);
    return false;
  }
  for (const { digest, size } of reading.value) {
    assert.ok(digest === null || /^sha256:[0-9a-f]{64}$/.test(digest));
    assert.ok(size === null || (Number.isSafeInteger(size) && size >= 0));
  }
  return reading.value.length > 0;
}

const mapped = <A, B>(reading: Reading<A>, use: (value: A) => B): Reading<B> =>
  reading.ok ? { ok: true, value: use(reading.value) } : reading;

export const target: FuzzTarget = {
  name: "saved-image",
  promise: "whatever an image's texts say, they are read whole or refused, and a derived config begins as root",
  parsers: ["src/backends/smolmachines/image/layout.ts"],
  input: fc.oneof(written, wordsOf(["{", "}", "[", "]", '"', "Config", "Layers", ":", ",", DIGEST, "null", "1"], 12)),
  runs: 5000,
  check: (input) => {
    const docker = checkPlaces(mapped(readDockerManifest(input), (list) => list.flatMap(places)));
    const index = checkPlaces(readIndex(input));
    const manifest = checkPlaces(mapped(readManifest(input, []), places));
    const read = readConfig(input);
    if (read.ok) {
      const derived = derivedConfig(input);
      const again = readConfig(derived);
      assert.ok(again.ok);
      const { user, entrypoint, cmd, ...rest } = again.value;
      assert.deepEqual([user, entrypoint, cmd], ["", IDLE, []]);
      const { architecture, os, diffIds } = read.value;
      assert.deepEqual(rest, { architecture, os, diffIds });
      const { Volumes, Healthcheck } = JSON.parse(derived.toString()).config;
      assert.deepEqual([Volumes, Healthcheck], [undefined, undefined]);
    }
    return docker || index || manifest || read.ok;
  },
};
