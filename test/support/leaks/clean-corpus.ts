import { deflateSync } from "node:zlib";
import { chat, documentation, modelRequest } from "./clean-prose.ts";
import { Dice } from "./dice.ts";

/** Makes one file of about `size` bytes in which nothing is secret. */
export type CleanKind = (dice: Dice, size: number) => Buffer;

const WORDS =
  "app bar core data edge form grid http item json kind list map node open path query route state task".split(" ");
const SCRIPT = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$";
const LETTERS = "abcdefghijklmnopqrstuvwxyz";

/** Lines until there is enough. */
function lines(size: number, line: (index: number) => string, end = "\n"): Buffer {
  const made: string[] = [];
  for (let length = 0, i = 0; length < size; i++) length += made[made.push(line(i)) - 1]?.length ?? 0;
  return Buffer.from(made.join(end));
}

const version = (dice: Dice) => `${dice.below(20)}.${dice.below(40)}.${dice.below(90)}`;
const base64 = (dice: Dice, bytes: number) => dice.bytes(bytes).toString("base64");
const name = (dice: Dice) =>
  `${dice.one(["", "", "@types/", "@acme/"])}${dice.one(WORDS)}-${dice.one(WORDS)}${dice.below(99)}`;

function uuid(dice: Dice): string {
  return [8, 4, 4, 4, 12].map((length) => dice.hex(length)).join("-");
}

function npmLock(dice: Dice, size: number): Buffer {
  return lines(size, () => {
    const it = name(dice);
    const tail = it.split("/").at(-1);
    const ver = version(dice);
    return `    "node_modules/${it}": {\n      "version": "${ver}",\n      "${"resolved"}": "https://packages.example/${it}/-/${tail}-${ver}.tgz",\n      "integrity": "sha512-${base64(dice, 64)}",\n      "dev": true\n    },`;
  });
}

function yarnLock(dice: Dice, size: number): Buffer {
  return lines(size, () => {
    const it = name(dice);
    return `"${it}@npm:^${version(dice)}, ${it}@npm:^${version(dice)}":\n  version: ${version(dice)}\n  resolution: "${it}@npm:${version(dice)}"\n  checksum: 10c0/${dice.hex(128)}\n  languageName: node\n  linkType: hard\n`;
  });
}

function cargoLock(dice: Dice, size: number): Buffer {
  return lines(
    size,
    () =>
      `[[package]]\nname = "${name(dice)}"\nversion = "${version(dice)}"\nsource = "registry+https://packages.example/index"\nchecksum = "${dice.hex(64)}"\n`,
  );
}

function goSum(dice: Dice, size: number): Buffer {
  return lines(
    size,
    () =>
      `code.example/${name(dice)} v${version(dice)}-2024${dice.text("0123456789", 10)}-${dice.hex(12)}/go.mod h1:${base64(dice, 32)}`,
  );
}

function poetryLock(dice: Dice, size: number): Buffer {
  return lines(size, () => {
    const files = dice.many(
      4,
      () => `    {file = "${name(dice)}-${version(dice)}-py3-none-any.whl", hash = "sha256:${dice.hex(64)}"},`,
    );
    return `[[package]]\nname = "${name(dice)}"\nfiles = [\n${files.join("\n")}\n]\n`;
  });
}

function minified(dice: Dice, size: number): Buffer {
  const id = () => dice.text(SCRIPT, 1 + dice.below(3));
  const value = () =>
    dice.one([
      () => `"${dice.text(LETTERS, dice.below(12))}"`,
      () => String(dice.below(1e9)),
      () => `${id()}.${dice.one(WORDS)}(${id()})`,
      () => `/[${dice.text("a-z0-9_+", 5)}]+/g.test(${id()})`,
      () => `{token:${id()},secret:void 0,password:${id()}.value,auth:"${dice.one(WORDS)}"}`,
      () => `"${dice.text("MLHVCSQTAZmlhvcsqtaz0123456789 .-", 40 + dice.below(200))}"`,
    ])();
  return lines(
    size,
    () =>
      dice.one([
        () => `function ${id()}(${id()},${id()}){return ${value()}}`,
        () => `var ${id()}=${value()};`,
        () => `!function(){try{${id()}=${value()}}catch(${id()}){}}();`,
        () => `${id()}.${id()}=${value()},`,
      ])(),
    "",
  );
}

function hashes(dice: Dice, size: number): Buffer {
  return lines(size, () =>
    dice.one([
      () => `${dice.hex(64)}  ${dice.one(WORDS)}.tar.gz`,
      () => `commit ${dice.hex(40)}`,
      () => `etag: "${dice.hex(32)}-${dice.below(40)}"`,
      () => `sha256:${dice.hex(64)}`,
      () => `sha384-${base64(dice, 48)}`,
      () => `key=${dice.hex(32)}&id=${uuid(dice)}`,
      () =>
        `{"id":"${uuid(dice)}","request_id":"req_${dice.text(SCRIPT, 24)}","tool_use_id":"toolu_01${dice.text(SCRIPT, 22)}"}`,
      () =>
        `<div class="md-${dice.one(WORDS)}-${dice.one(WORDS)}-${dice.one(WORDS)} fc-${dice.hex(6)} re_${dice.one(WORDS)}_${dice.one(WORDS)}">`,
      () =>
        `api-${uuid(dice)} cache-key-${dice.hex(32)} live_${dice.one(WORDS)} hf_${dice.one(WORDS)}_${dice.one(WORDS)}`,
      () => `task-${uuid(dice)} sk-${dice.one(WORDS)}-${dice.one(WORDS)} pat.${dice.one(WORDS)}`,
    ])(),
  );
}

function base64Lines(dice: Dice, size: number): Buffer {
  return lines(size, () =>
    dice.one([
      () => base64(dice, 57),
      () => dice.bytes(48).toString("base64url"),
      () => `<img src="data:image/png;base64,${base64(dice, 3000)}">`,
    ])(),
  );
}

/** Like a git pack: headers and deflated objects one after the other. */
function pack(dice: Dice, size: number): Buffer {
  const parts: Buffer[] = [Buffer.from("PACK\0\0\0\u0002\0\0\u0004\0", "latin1")];
  for (let length = 0; length < size; ) {
    const object = deflateSync(Buffer.concat([minified(dice, 2000), dice.bytes(600)]));
    length += object.length;
    parts.push(Buffer.from([0xb0 | dice.below(16), dice.below(128)]), object, dice.bytes(20));
  }
  return Buffer.concat(parts);
}

export const CLEAN_KINDS: Readonly<Record<string, CleanKind>> = {
  "npm lockfile": npmLock,
  "yarn lockfile": yarnLock,
  "Cargo.lock": cargoLock,
  "go.sum": goSum,
  "poetry lockfile": poetryLock,
  "minified script": minified,
  "hashes and ids": hashes,
  "base64 and data URLs": base64Lines,
  "git pack": pack,
  "random bytes": (dice, size) => dice.bytes(size),
  "chat transcript": chat,
  "documentation with sample keys": documentation,
  "model request": modelRequest,
};

/** Clean files of every kind in turn, the same for the same seed, until `size` bytes. */
export function* cleanCorpus(seed: number, size: number): Generator<{ readonly kind: string; readonly bytes: Buffer }> {
  const dice = new Dice(seed);
  for (let made = 0; made < size; ) {
    for (const [kind, make] of Object.entries(CLEAN_KINDS)) {
      const bytes = make(dice, 50_000 + dice.below(150_000));
      made += bytes.length;
      yield { kind, bytes };
    }
  }
}
