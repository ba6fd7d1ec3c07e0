import assert from "node:assert/strict";
import { test } from "node:test";
import { createCoalescer } from "../../../src/core/notices/coalescer.ts";
import { createQuietWatch, isDiskLow } from "../../../src/core/notices/lookout.ts";
import { noticeBytes } from "../../../src/core/notices/terminal-bytes.ts";
import {
  approvalNotice,
  clipboardNotice,
  diskNotice,
  endIsNews,
  endNotice,
  lostNotice,
  noticeLine,
  plainWord,
  stalledNotice,
  unseenNotice,
} from "../../../src/core/notices/words.ts";

test("a notice says which bottle, what, and which command answers", () => {
  const ended = (exitCode: number, wanted = false, removed = false) =>
    noticeLine(endNotice("a", { exitCode, wanted, removed }));
  assert.deepEqual(
    [
      noticeLine(approvalNotice("a", { method: "POST", authority: "api.example.com:443" })),
      noticeLine(clipboardNotice("a", 12)),
      ended(0),
      ended(3),
      ended(130),
      ended(137),
      ended(125),
      ended(143, true),
      ended(0, false, true),
      noticeLine(lostNotice("a")),
      noticeLine(unseenNotice("a")),
      noticeLine(stalledNotice("a", 600_000, true)),
      noticeLine(stalledNotice("a", 1_000, false)),
      noticeLine(diskNotice("a", 5 * 2 ** 20)),
    ],
    [
      "a asks: POST api.example.com:443; bottle approvals a",
      "a wants to put 12 bytes into your clipboard; bottle clipboard a",
      "a finished with exit 0; bottle diff a",
      "a finished with exit 3; bottle diff a",
      "a finished with exit 130; bottle diff a",
      "a crashed: killed by signal 9; bottle logs a",
      "a crashed: its bottle broke; bottle logs a",
      "a was ended, exit 143; bottle diff a",
      "a finished with exit 0",
      "a crashed: its host process was killed; bottle recover a",
      "a is lost: nobody saw how its agent ended; bottle recover a",
      "a has been quiet for 10 min; bottle attach a",
      "a has been quiet for 1 min; bottle logs a",
      "a has 5 MiB of disk left, with all other bottles; bottle prune --dry-run",
    ],
  );
  assert.deepEqual(
    [ended(0), ended(137), ended(125), ended(143, true)].map((line) => /crashed/.test(line)),
    [false, true, true, false],
  );
});

test("the end of an agent is told where it was started when nobody looks any more, or when it crashed", () => {
  const news = (exitCode: number, seconds: number) =>
    endIsNews(endNotice("a", { exitCode, wanted: false, removed: false }), seconds);
  assert.deepEqual([news(0, 9), news(0, 10), news(137, 1)], [false, true, true]);
});

test("row 152: words of an agent are no markup, no command of tmux or a shell, and the end of a host stays", () => {
  assert.equal(plainWord("#(touch /x)$(id)`id`<b>&amp;\u001b[2J\u202e|'\"\\"), "?(touch /x)?(id)?id??b??amp??[2J?????");
  const notice = approvalNotice("a", { method: "GET", authority: `${"x".repeat(200)}.example.com` });
  assert.match(notice.text, /^a asks: GET \.\.\.x+\.example\.com$/);
  assert.ok(notice.text.length < 150);
});

test("an agent that asks a thousand times is told of at once, and then once in a minute with their number", () => {
  const coalescer = createCoalescer(60_000);
  const ask = (host: string, now: number) =>
    coalescer.push(approvalNotice("a", { method: "GET", authority: host }), now);
  assert.equal(ask("h0", 0)?.text, "a asks: GET h0");
  assert.equal(coalescer.next(), null);
  for (let at = 1; at < 1000; at += 1) assert.equal(ask(`h${at}`, at), null);
  // Another kind does not wait for it.
  assert.equal(coalescer.push(lostNotice("a"), 500)?.kind, "crashed");
  assert.equal(coalescer.next(), 60_000);
  assert.deepEqual(coalescer.due(59_999), []);
  const [merged, ...others] = coalescer.due(60_000);
  assert.deepEqual([merged?.text, merged?.more, others], ["a asks: GET h999, and 998 more", 998, []]);
  assert.deepEqual([coalescer.due(60_000), coalescer.next()], [[], null]);
  assert.equal(ask("again", 60_001), null);
  assert.equal(coalescer.due(120_000)[0]?.text, "a asks: GET again");
  assert.equal(ask("later", 200_000)?.text, "a asks: GET later");
});

test("stalled: told once until something moves", () => {
  const watch = createQuietWatch(100, 0);
  assert.equal(watch.look("a", 10), null);
  assert.equal(watch.look("a", 109), null);
  assert.equal(watch.look("a", 110), 100);
  assert.equal(watch.look("a", 500), null);
  assert.equal(watch.look("b", 501), null);
  assert.equal(watch.look("b", 601), 100);
});

test("disk low: below the limit, until a quarter more is free", () => {
  const seen: boolean[] = [];
  let low = false;
  for (const free of [100, 99, 101, 124, 125, 100, 99]) {
    low = isDiskLow(low, free, 100);
    seen.push(low);
  }
  assert.deepEqual(seen, [false, true, true, true, false, false, true]);
});

test("on a terminal: OSC 9, wrapped in tmux, OSC 777 for rxvt, a bell where there is neither; never a second command", () => {
  const notice = { text: "a asks: GET h\u0007\u001b]52;c;eA==", command: "bottle approvals a" };
  const words = "a asks: GET h\\x07\\x1b]52;c;eA==; bottle approvals a";
  const on = (env: Record<string, string>) => noticeBytes(notice, env).toString("utf8");
  assert.equal(on({ TERM: "xterm-256color" }), `\u001b]9;bottle: ${words}\u0007`);
  assert.equal(
    on({ TERM: "tmux-256color", TMUX: "/tmp/x,1,0" }),
    `\u001bPtmux;\u001b\u001b]9;bottle: ${words}\u0007\u001b\\\u0007`,
  );
  assert.equal(on({ TERM: "rxvt-unicode" }), `\u001b]777;notify;bottle;${words.replaceAll(";", ",")}\u0007`);
  for (const TERM of ["linux", "dumb", ""]) assert.equal(on({ TERM }), "\u0007");
});
