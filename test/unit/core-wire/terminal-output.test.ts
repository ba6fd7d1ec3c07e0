import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Clipboard, filterOutput } from "../../../src/core/wire/terminal-output.ts";

const filtered = (text: string | Uint8Array, clipboard: Clipboard = "off") =>
  Buffer.from(filterOutput({ clipboard }).push(typeof text === "string" ? Buffer.from(text) : text));

/** What a terminal gets of it, as text. */
const shown = (text: string, clipboard?: Clipboard) => filtered(text, clipboard).toString("utf8");

describe("what goes on to the operator's terminal", () => {
  const whole = [
    "plain text, é, 漢字, 👩‍💻, \u201d and \u009e\u00a0".replace("\u009e", ""),
    "\r\n\t\b\u0007",
    "\u001b[1;38;2;1;2;3mred\u001b[0m\u001b[2J\u001b[10;20H\u001b[?25l",
    "\u001b[?1049h\u001b[?2004h\u001b[?1006h\u001b[?2026h\u001b[>4;1m\u001b[>1u\u001b[<u\u001b[?u\u001b[c\u001b[6n",
    "\u001b7\u001b8\u001bM\u001b=\u001b>\u001bc\u001b(B\u001b#8",
    "\u001b[18t\u001b[14t\u001b[22;0t\u001b[23;0t",
    "\u001b]8;;https://example.com/x\u001b\\link\u001b]8;;\u001b\\",
    "\u001b]0;a title\u0007\u001b]2;Größe\u001b\\",
    "\u001b]11;?\u001b\\\u001b]4;1;rgb:ff/00/00\u0007",
    "\u001bP$q m\u001b\\\u001bP+q544e\u001b\\\u001bP=1s\u001b\\",
    "\u001bP0;1;0q#0;2;0;0;0#0!10~-\u001b\\after",
    "\u001b_Ga=T,f=100,t=d;aGVsbG8=\u001b\\",
  ];
  for (const text of whole) {
    test(`whole: ${JSON.stringify(text).slice(0, 60)}`, () => {
      assert.equal(shown(text), text);
      // However it is cut, what goes on is the same.
      const filter = filterOutput({ clipboard: "off" });
      const bytes = Buffer.from(text);
      const pieces = [...bytes].map((byte) => Buffer.from(filter.push(Uint8Array.of(byte))));
      assert.equal(Buffer.concat(pieces).toString("utf8"), text);
    });
  }

  const dropped: readonly (readonly [string, string])[] = [
    ["OSC 52 sets the clipboard", "\u001b]52;c;aGVsbG8=\u0007"],
    ["OSC 52 asks for the clipboard", "\u001b]52;c;?\u0007"],
    ["OSC 50 takes a font", "\u001b]50;x\u0007"],
    ["OSC 7 names a folder", "\u001b]7;file://host/x\u001b\\"],
    ["OSC 1337 writes a file", "\u001b]1337;File=name=eA==:aGk=\u0007"],
    ["OSC without a number", "\u001b]x;y\u0007"],
    ["tmux's way through", "\u001bPtmux;\u001b\u001b]52;c;aGVsbG8=\u0007\u001b\\"],
    ["keys that a terminal shall type", "\u001bP0;1|17/63757272\u001b\\"],
    ["screen's way through", "\u001bP\u001b]52;c;aGVsbG8=\u0007\u001b\\"],
    ["a picture from a file of this machine", "\u001b_Ga=T,t=f;L2V0Yy9wYXNzd2Q=\u001b\\"],
    ["a picture from shared memory", "\u001b_Gt=s,a=T;eA==\u001b\\"],
    ["SOS and PM", "\u001bXx\u001b\\\u001b^x\u001b\\"],
    ["screen's title", "\u001bkx\u001b\\"],
    ["a report of the title, which is typed", "\u001b[21t"],
    ["moving the window", "\u001b[3;0;0t"],
    ["the printer", "\u001b[5i"],
    ["another encoding", "\u001b%@"],
    ["C1 in UTF-8: CSI, OSC", "\u009b\u009d\u0090"],
    ["controls that ask", "\u0005\u0000"],
    ["a string that never ends", `\u001b]0;${"x".repeat(5000)}`],
  ];
  for (const [what, text] of dropped) {
    test(`not: ${what}`, () => {
      const rest = shown(`a${text}`)
        .slice(1)
        .replaceAll("\u0007", "")
        .replace(/\u001b\\/g, "");
      assert.equal(rest, "");
      if (!what.includes("never")) assert.equal(shown(`${text}b`).at(-1), "b");
    });
  }

  test("row 129: titles keep no control, direction or invisible character, and 200 others", () => {
    assert.equal(shown("\u001b]0;a\tb\u202ec\u200bd\u0001\u0007"), "\u001b]0;abcd\u0007");
    assert.equal(shown(`\u001b]2;${"é".repeat(300)}\u0007`), `\u001b]2;${"é".repeat(200)}\u0007`);
  });

  test("row 152: an agent's notifications say whose they are, when it may show any; progress goes on", () => {
    let may = true;
    const told = (text: string) =>
      Buffer.from(filterOutput({ clipboard: "off", mayNotify: () => may }).push(Buffer.from(text))).toString("utf8");
    assert.equal(told("\u001b]9;done\u0085x\u0007"), "\u001b]9;the agent says: donex\u0007");
    // ConEmu runs a program.
    assert.equal(told("\u001b]9;7;cmd\u0007"), "\u001b]9;the agent says: 7;cmd\u0007");
    assert.equal(told("\u001b]777;notify;a;b\u001b\\"), "\u001b]777;notify;the agent says: a;b\u001b\\");
    assert.equal(told("\u001b]777;precmd\u0007\u001b]99;a=report:x;y\u0007x"), "x");
    may = false;
    assert.equal(told("\u001b]9;done\u0007x"), "x");
    assert.equal(shown("\u001b]9;done\u0007x"), "x");
    assert.equal(shown("\u001b]9;4;1;50\u0007x"), "\u001b]9;4;1;50\u0007x");
  });

  test("something of ours may stand anywhere: a picture ends before it, and no rest of one becomes text", () => {
    const filter = filterOutput({ clipboard: "off" });
    const push = (text: string | Uint8Array) => Buffer.from(filter.push(Buffer.from(text))).toString("latin1");
    const breakIn = () => Buffer.from(filter.breakIn()).toString("latin1");
    assert.equal(breakIn(), "");
    push("\u001b[1;3");
    assert.equal(breakIn(), "");
    assert.equal(push("1mx"), "\u001b[1;31mx");
    assert.equal(push("\u001bPq#0!10~"), "\u001bPq#0!10~");
    assert.equal(breakIn(), "\u001b\\");
    assert.equal(push("-#1!4~\u001b\\y"), "y");
    push(Uint8Array.of(0xf0, 0x9f));
    assert.equal(breakIn(), "");
    assert.equal(push(Uint8Array.of(0x91, 0x78)), Buffer.from("\ufffdx").toString("latin1"));
  });

  test("bytes that are no UTF-8 become its replacement, also C1 on their own", () => {
    assert.equal(filtered(Uint8Array.of(0x61, 0x9b, 0x62)).toString(), "a\ufffdb");
    assert.equal(filtered(Uint8Array.of(0xc2, 0x1b, 0x5b, 0x6d)).toString(), "\ufffd\u001b[m");
    // Overlong forms of C1.
    assert.equal(filtered(Uint8Array.of(0xe0, 0x82, 0x9b)).includes(0x9b), false);
  });

  test("a sequence that another one breaks off is left out, and the other one counts", () => {
    assert.equal(shown("\u001b[1\u001b[2mx"), "\u001b[2mx");
    assert.equal(shown("\u001b]0;x\u001b[2mx"), "\u001b[2mx");
    assert.equal(shown("\u001b]0;x\u0018y"), "y");
    assert.equal(shown("\u001b\u001b[2mx"), "\u001b[2mx");
  });

  test("the clipboard by policy: on lets it be set and never read", () => {
    const set = "\u001b]52;c;aGVsbG8=\u0007";
    assert.equal(shown(`${set}x`, "on"), `${set}x`);
    assert.equal(shown("\u001b]52;c;?\u0007x", "on"), "x");
    assert.equal(shown("\u001b]52;c;!!\u0007x", "on"), "x");
    assert.equal(shown(`${set}x`, "off"), "x");
  });

  test("the clipboard by asking: what it shall hold is handed over, and nothing goes on", () => {
    const copies: string[] = [];
    const filter = filterOutput({ clipboard: "ask", onCopy: (base64) => copies.push(base64) });
    const text =
      "a\u001b]52;c;aGVsbG8=\u0007b\u001b]52;;\u0007\u001b]52;c;?\u0007\u001b]52;c;!\u0007\u001b]52;p;eA==\u001b\\c";
    const out = [...Buffer.from(text)].map((byte) => Buffer.from(filter.push(Uint8Array.of(byte))));
    assert.equal(Buffer.concat(out).toString("utf8"), "abc");
    assert.deepEqual(copies, ["aGVsbG8=", "eA=="]);
  });
});
