import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { guestArchive } from "../../../src/backends/guest-archive.ts";
import { rejectsWith } from "../../support/rejection.ts";
import type { Chapter } from "../clause.ts";

const file = (path: string, text: string | Uint8Array, mode = 0o644) => ({ path, mode, content: Buffer.from(text) });

export const FILES: Chapter = {
  title: "files that are placed inside",
  clauses: [
    {
      id: "put-files",
      title: "part 5: put gives content, mode and the agent as owner; long and odd names; folders are made",
      run: async ({ shared }) => {
        const { bottle, sh, shell } = await shared();
        const { home, workspace } = shell.guest;
        const long = `${home}/${"deep/".repeat(30)}${"n".repeat(120)}`;
        const odd = `${workspace}/ü '" $x\nnl`;
        await bottle.put([
          file(`${home}/.secretive`, "a\0b", 0o600),
          file(long, "long", 0o755),
          file(odd, randomBytes(1000)),
          file(`${home}/empty`, ""),
          file(`${home}/-dash`, "d", 0o400),
        ]);
        const out = await sh(
          'stat -c "%a %s" ~/.secretive ~/empty ~/-dash "$1"; cat "$1"; stat -c %s "$2"; stat -c %u ~/.secretive ~/empty ~/-dash "$1" "$2" ~/deep | sort -u | grep -xc "$(id -u)"; rm -rf ~/deep ~/empty ~/.secretive ~/-dash "$2"',
          long,
          odd,
        );
        assert.equal(out, "600 3\n644 0\n400 1\n755 4\nlong1000\n1\n");
      },
    },
    {
      id: "put-large",
      title: "part 5: sixty-four mebibytes in one file arrive whole",
      run: async ({ shared }) => {
        const { bottle, sh, shell } = await shared();
        const block = randomBytes(2 ** 20);
        await bottle.put([file(`${shell.guest.home}/large`, Buffer.concat(Array.from({ length: 64 }, () => block)))]);
        const lines = await sh(
          "for n in 0 31 63; do dd if=$HOME/large bs=1M skip=$n count=1 status=none | sha256sum; done | sort -u | wc -l; stat -c %s ~/large; rm ~/large",
        );
        assert.equal(lines, `1\n${64 * 2 ** 20}\n`);
      },
    },
    {
      id: "put-replaces",
      title: "put replaces a file and does not write through a link",
      run: async ({ shared }) => {
        const { bottle, sh, shell } = await shared();
        await sh("echo keep >~/target; ln -s target ~/link");
        await bottle.put([file(`${shell.guest.home}/link`, "new")]);
        assert.equal(await sh("cat ~/target ~/link; test -L ~/link || echo plain; rm ~/link"), "keep\nnewplain\n");
      },
    },
    {
      id: "put-refused",
      title: "put into a read-only place, to a relative path or through `..` is a typed error",
      run: async ({ shared }) => {
        const { bottle, shell } = await shared();
        const { run, workspace } = shell.guest;
        for (const path of ["/usr/x", "/x", `${run}/env`, "relative", `${workspace}/../../usr/x`]) {
          await rejectsWith("PROVISION_FAILED", bottle.put([file(path, "x")]));
        }
        assert.equal(await bottle.put([]), undefined);
      },
    },
    {
      id: "unpack",
      title: "unpack takes a tar stream and makes its folder",
      run: async ({ shared }) => {
        const { bottle, sh, shell } = await shared();
        const folder = `${shell.guest.workspace}/unpacked here`;
        await bottle.unpack(folder, Readable.from([guestArchive([file("a/b", "tar", 0o640)])]));
        const out = await sh(
          'cat "$1/a/b"; stat -c %a "$1/a/b"; [ "$(stat -c %u "$1/a/b")" = "$(id -u)" ] && echo mine',
          folder,
        );
        assert.equal(out, "tar640\nmine\n");
      },
    },
    {
      id: "unpack-broken",
      title: "parts 5, B38: a broken archive, and a source that fails on its way, are typed errors",
      run: async ({ shared }) => {
        const { bottle, shell } = await shared();
        const folder = `${shell.guest.workspace}/broken`;
        await rejectsWith("PROVISION_FAILED", bottle.unpack(folder, Readable.from([Buffer.alloc(2000, 65)])));
        const archive = guestArchive([file("first", "1".repeat(600)), file("second", "2".repeat(600))]);
        // In the middle of a file; and right behind a whole one, where tar itself sees nothing wrong.
        for (const length of [0, 700, 1536]) {
          const failing = Readable.from(
            (async function* () {
              yield archive.subarray(0, length);
              throw new Error("the disk went away");
            })(),
          );
          await rejectsWith("PROVISION_FAILED", bottle.unpack(folder, failing));
        }
      },
    },
    {
      id: "start-files",
      title: "the files of start are there, and the agent cannot change, remove or add to them",
      run: async ({ shared }) => {
        const { sh, shell } = await shared();
        const { run } = shell.guest;
        const out = await sh(
          'cd "$1" && test -r env && test -x exec && ! (echo x >>env) 2>/dev/null && ! rm -f exec 2>/dev/null && ! touch new 2>/dev/null && ! mv ../bottle ../moved 2>/dev/null && ! chmod 777 . 2>/dev/null && echo ok',
          run,
        );
        assert.equal(out, "ok\n");
      },
    },
  ],
};
