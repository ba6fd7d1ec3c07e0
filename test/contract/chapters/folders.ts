import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gatherFacts } from "../../../src/host/facts.ts";
import { rejectsWith } from "../../support/rejection.ts";
import type { Chapter } from "../clause.ts";

/** Whose workshops they are: other columns run beside this process. */
const JOB = `contract-${process.pid}`;

export const FOLDERS: Chapter = {
  title: "folders that agents and strangers wrote",
  clauses: [
    {
      id: "folders-erase",
      title: "row 143: deep trees, links, odd names and mode 000 are measured and erased; what links point at stays",
      needs: ["perl"],
      run: async ({ backend, open }) => {
        const b = await open();
        await b.sh(`
          cd ~ && mkdir -p closed/inner && head -c 100000 /dev/zero >closed/inner/f && chmod 000 closed/inner closed
          ln -s / root; ln -s /etc/passwd passwd; mkfifo fifo; touch -- '-rf' $'new\\nline' '*'
          perl -e 'for (1..3000) { mkdir "d" x 20 or die; chdir "d" x 20 or die }'
          truncate -s 1T sparse`);
        const { home } = b.folders;
        const size = await backend.measure(home, b.facts);
        assert.ok(size.files > 3000, `files: ${size.files}`);
        assert.ok(size.bytes < 100 * 2 ** 20, `bytes: ${size.bytes}`);
        await b.dispose();
        assert.ok(!existsSync(home));
        assert.ok(existsSync("/etc/passwd"));
        await backend.erase(home, b.facts);
      },
    },
    {
      id: "workshop-result",
      title: "row 143: a script over folders in a throw-away cage: words, input, output and exit code are data",
      run: async ({ backend, open }) => {
        const { top } = await open();
        const [from, to] = [join(top, "from"), join(top, "to")];
        for (const folder of [from, to]) mkdirSync(folder, { mode: 0o755 });
        writeFileSync(join(from, "text"), "from the host\n");
        const job = {
          bottle: JOB,
          script: `cat /from/text; cat; printf '%s|' "$@"; touch /from/x 2>/dev/null && echo wrote; cp /from/text /to/copy; echo words >&2; exit 9`,
          args: ["", "a b", "'$x`"],
          folders: [
            { host: from, guest: "/from" },
            { host: to, guest: "/to", writable: true },
          ],
          agentFolder: to,
          as: "owner",
          stdin: Buffer.from("input\n"),
        } as const;
        const result = await backend.workshop(job, gatherFacts());
        assert.deepEqual(
          [result.code, result.timedOut, result.stdout.toString(), result.words],
          [9, false, "from the host\ninput\n|a b|'$x`|", "words\n"],
        );
        assert.equal(readFileSync(join(to, "copy"), "utf8"), "from the host\n");
        assert.deepEqual(readdirSync(from), ["text"]);
      },
    },
    {
      id: "workshop-sealed",
      title:
        "rows 139, 143: a workshop has no network, no secret, no other folder, and no more rights than it was given",
      run: async ({ backend, contender, open }) => {
        process.env.CONTRACT_HOST_SECRET = "host-only";
        try {
          const { top, plan } = await open();
          const [open1, closed] = [join(top, "open"), join(top, "closed")];
          for (const folder of [open1, closed]) mkdirSync(folder);
          writeFileSync(join(closed, "canary"), "host\n");
          chmodSync(closed, 0o755);
          const script = `tail -n +3 /proc/net/dev | grep -v ' lo:'; env | grep CONTRACT; ls ${top} 2>/dev/null; grep -h '^CapEff' /proc/self/status; ls /proc | grep -c '^[0-9]'; true`;
          const run = async (as: "agent" | "owner") => {
            const folders = [{ host: open1, guest: "/open", writable: true }];
            const job = { bottle: plan.name, script, folders, agentFolder: open1, as };
            return (await backend.workshop(job, gatherFacts())).stdout.toString().split("\n");
          };
          const [capabilities, processes, ...rest] = await run("agent");
          assert.equal(capabilities, "CapEff:\t0000000000000000");
          assert.ok(Number(processes) < 10, processes);
          assert.deepEqual(rest, [""]);
          assert.ok(
            !(await run("owner")).some((line) => /:\s|host-only|canary|closed/.test(line.replace(/^CapEff.*/, ""))),
          );
          assert.ok((await contender.census(JOB)).length === 0);
        } finally {
          delete process.env.CONTRACT_HOST_SECRET;
        }
      },
    },
    {
      id: "workshop-bounds",
      title: "parts B9, B10: a workshop ends at its time, by its signal, and its output is kept to its cap",
      run: async ({ backend, contender, open }) => {
        const { folders, plan } = await open();
        const job = {
          bottle: `w-${plan.name}`,
          folders: [{ host: folders.home, guest: "/home", writable: true }],
          agentFolder: folders.home,
          as: "agent",
        } as const;
        const facts = gatherFacts();
        const late = await backend.workshop(
          { ...job, script: "trap '' TERM; echo begun; sleep 60", timeoutMs: 1500 },
          facts,
        );
        assert.equal(late.timedOut, true);
        assert.notEqual(late.code, 0);
        const aborted = new AbortController();
        const begun = backend.workshop(
          {
            ...job,
            script: "echo begun; sleep 60",
            signal: aborted.signal,
            onStdout: () => void aborted.abort(),
          },
          facts,
        );
        assert.notEqual((await begun).code, 0);
        const long = await backend.workshop(
          { ...job, script: "head -c 5000000 /dev/zero; head -c 100000 /dev/zero >&2" },
          facts,
        );
        assert.equal(long.code, 0);
        assert.equal(long.stdout.length, 2 ** 20);
        assert.ok(long.words.length <= 16 * 1024);
        assert.deepEqual(await contender.census(job.bottle), []);
      },
    },
    {
      id: "workshop-tmp",
      title: "row 154: a workshop's /tmp ends at its size",
      run: async ({ backend, open }) => {
        const { folders, plan } = await open();
        const job = {
          bottle: `w-${plan.name}`,
          folders: [],
          agentFolder: folders.home,
          as: "agent",
          tmpBytes: 2 ** 20,
          script: "head -c 5000000 /dev/zero >/tmp/x 2>/dev/null || echo full",
        } as const;
        assert.equal((await backend.workshop(job, gatherFacts())).stdout.toString(), "full\n");
      },
    },
    {
      id: "workshop-refused",
      title: "row 143: what is no folder is a typed error, for each of the folders",
      run: async ({ backend, open }) => {
        const { top, folders } = await open();
        const file = join(top, "file");
        writeFileSync(file, "");
        for (const host of [file, join(top, "not there")]) {
          const job = {
            bottle: JOB,
            script: "true",
            folders: [{ host, guest: "/x", writable: true }],
            agentFolder: folders.home,
            as: "agent",
          } as const;
          await rejectsWith("STATE_UNUSABLE", backend.workshop(job, gatherFacts()));
        }
        assert.ok(!existsSync(join(top, "not there")));
      },
    },
  ],
};
