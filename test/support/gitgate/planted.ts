import { deflateRawSync, gzipSync, zstdCompressSync } from "node:zlib";
import type { Dice } from "../leaks/dice.ts";

/** Where in a repository a secret can hide. */
export const HIDING_PLACES = [
  "a file",
  "a file that was deleted again",
  "a merge alone",
  "a binary file",
  "a gzip file",
  "a zstd file",
  "a zip archive, deflated",
  "a zip archive, stored",
  "a tar archive",
  "a commit's message",
  "an author's name",
  "a committer's address",
  "a tag's message",
  "a tagger's name",
  "a file's name",
  "a folder's name",
  "a link's target",
  "a submodule's URL",
  "an LFS pointer",
] as const;
export type HidingPlace = (typeof HIDING_PLACES)[number];

/** A history of some commits on `base`, as git-fast-import(1) takes it, with `secret` in one place; its tip is `ref`. */
export function planted(dice: Dice, place: HidingPlace, secret: string, ref: string, base: string): Buffer {
  const out: Buffer[] = [];
  const say = (text: string) => void out.push(Buffer.from(text));
  const data = (bytes: Buffer | string) => {
    const whole = Buffer.from(bytes as string);
    say(`data ${whole.length}\n`);
    out.push(whole, Buffer.from("\n"));
  };
  const words = (count: number) =>
    Array.from({ length: count }, () =>
      dice.one(["let", "it", "be", "known", "that", "nothing", "of", "note", "happens"]),
    ).join(" ");
  const prose = () => `${words(40)}\n`.repeat(1 + dice.below(60));
  const around = (text: string) => `${prose()}value: ${text}\n${prose()}`;
  const path = (name = `${words(1)}${dice.below(1000)}`) =>
    [...Array.from({ length: dice.below(4) }, () => words(1)), name].join("/");
  const at = (is: HidingPlace, text: string) => (place === is ? secret : text);
  let mark = 0;
  const commit = (
    branch: string,
    from: string,
    files: readonly (readonly [mode: string, path: string, bytes: Buffer | string | null])[],
    more = "",
  ) => {
    mark += 1;
    const last = place.includes("message") || place.includes("author") || place.includes("committer");
    const hide = last && mark === hidden;
    say(`commit ${branch}\nmark :${mark}\n`);
    say(`author ${hide ? at("an author's name", "A U Thor") : "A U Thor"} <a@a.test> 1700000000 +0000\n`);
    say(`committer C <${hide ? at("a committer's address", "c@c.test") : "c@c.test"}> 1700000000 +0000\n`);
    data(hide && place === "a commit's message" ? around(secret) : words(6));
    say(`from ${from}\n${more}`);
    for (const [mode, name, bytes] of files) {
      if (bytes === null) say(`D ${quoted(name)}\n`);
      else if (mode === "160000") say(`M 160000 ${bytes} ${quoted(name)}\n`);
      else {
        say(`M ${mode} inline ${quoted(name)}\n`);
        data(bytes);
      }
    }
    say("\n");
    return `:${mark}`;
  };
  const hidden = 1 + dice.below(3);
  const side = `${ref}-side`;
  let tip = base;
  for (let step = 1; step <= 3; step += 1) {
    tip = commit(ref, tip, [
      ["100644", path(), prose()],
      ...(step === hidden ? hidingFiles(dice, place, secret, path, around) : []),
    ]);
  }
  if (place === "a file that was deleted again") tip = commit(ref, tip, [["100644", "gone.txt", null]]);
  if (place === "a merge alone") {
    const other = commit(side, base, [["100644", path(), prose()]]);
    tip = commit(ref, tip, [["100644", "merged.txt", around(secret)]], `merge ${other}\n`);
  }
  if (place.startsWith("a tag")) {
    say(
      `tag tip-${ref.split("/").at(-1)}\nfrom ${tip}\ntagger ${at("a tagger's name", "T")} <t@t.test> 1700000000 +0000\n`,
    );
    data(place === "a tag's message" ? around(secret) : words(4));
  }
  return Buffer.concat(out);
}

function quoted(path: string): string {
  return `"${path.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}

type Files = readonly (readonly [mode: string, path: string, bytes: Buffer | string | null])[];

function hidingFiles(
  dice: Dice,
  place: HidingPlace,
  secret: string,
  path: (name?: string) => string,
  around: (text: string) => string,
): Files {
  const text = around(secret);
  const member = Buffer.from(text);
  switch (place) {
    case "a file":
      return [["100755", path(), text]];
    case "a file that was deleted again":
      return [["100644", "gone.txt", text]];
    case "a binary file":
      return [
        ["100644", path("blob.bin"), Buffer.concat([dice.bytes(3000), Buffer.from(`\0${secret}\0`), dice.bytes(3000)])],
      ];
    case "a gzip file":
      return [["100644", path("a.gz"), gzipSync(text)]];
    case "a zstd file":
      return [["100644", path("a.zst"), zstdCompressSync(text)]];
    case "a zip archive, deflated":
      return [["100644", path("a.zip"), zipOf("in/side.txt", deflateRawSync(member), 8, member.length)]];
    case "a zip archive, stored":
      return [["100644", path("a.jar"), zipOf("in/side.txt", member, 0, member.length)]];
    case "a tar archive":
      return [["100644", path("a.tar"), Buffer.concat([Buffer.alloc(512, "x"), member, Buffer.alloc(1024)])]];
    case "a file's name":
      return [["100644", path(secret), "x\n"]];
    case "a folder's name":
      return [["100644", `${path(secret)}/inside`, "x\n"]];
    case "a link's target":
      return [["120000", path("link"), `../${secret}`]];
    case "a submodule's URL":
      return [["100644", ".gitmodules", `[submodule "x"]\n\tpath = x\n\turl = https://x.test/${secret}/r.git\n`]];
    case "an LFS pointer":
      return [
        [
          "100644",
          path("big"),
          `version https://git-lfs.github.com/spec/v1\nx-note ${secret}\noid sha256:${dice.hex(64)}\nsize 12\n`,
        ],
      ];
    default:
      return [];
  }
}

/** A zip archive of one file (APPNOTE.TXT 4.3); its checksum is not looked at by anybody here. */
function zipOf(name: string, packed: Buffer, method: number, bytes: number): Buffer {
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(method, 8);
  local.writeUInt32LE(packed.length, 18);
  local.writeUInt32LE(bytes, 22);
  local.writeUInt16LE(name.length, 26);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(method, 10);
  central.writeUInt32LE(packed.length, 20);
  central.writeUInt32LE(bytes, 24);
  central.writeUInt16LE(name.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(46 + name.length, 12);
  end.writeUInt32LE(30 + name.length + packed.length, 16);
  return Buffer.concat([local, Buffer.from(name), packed, central, Buffer.from(name), end]);
}
