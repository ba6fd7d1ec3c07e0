import assert from "node:assert/strict";
import { test } from "node:test";
import { choosePane, parsePanes, type Wanted } from "../../../src/host/tmux-pane/choice.ts";
import { parsePlace, tmuxText, tmuxWord } from "../../../src/host/tmux-pane/words.ts";

const HOME = "%0 @0 100 0  ";
const wanted: Wanted = { name: "dev", view: "ab12", window: "@0", columns: 200, rows: 50 };
const chosen = (lines: readonly string[], more: Partial<Wanted> = {}) => {
  const choice = choosePane(parsePanes([HOME, ...lines].join("\n")), { ...wanted, ...more });
  return "pane" in choice ? `${choice.do} ${choice.pane.id}` : Object.values(choice).join(" ");
};

test("TMUX names socket, server and session; whatever else stands there is no place", () => {
  const place = { socket: "/tmp/a,b/default", serverPid: 12, session: "$3", pane: "%4" };
  assert.deepEqual(parsePlace("/tmp/a,b/default,12,3", "%4"), place);
  assert.deepEqual(parsePlace("/tmp/a,b/default,12,3", "4; kill-server"), { ...place, pane: null });
  for (const odd of [undefined, "", "default,12,3", "/tmp/default", "/tmp/default,12", "/tmp/default,0,1", "/a,1,x"])
    assert.equal(parsePlace(odd, "%4"), null);
});

test("row 152: a word never ends a command of tmux, and a folder's name is no format", () => {
  assert.deepEqual(["a;", ";", "a\\;", "a;b", "a"].map(tmuxWord), ["a\\;", "\\;", "a\\\\;", "a;b", "a"]);
  assert.equal(tmuxText("/x/#(touch y)#{pane_id};"), "/x/##(touch y)##{pane_id}\\;");
});

test("the pane that shows this run is shown again; one that was given to another process is not", () => {
  assert.equal(chosen(["%3 @1 300 0 ab12:300 dev"]), "show %3");
  assert.equal(chosen(["%3 @1 301 0 ab12:300 dev"]), "split -h");
  assert.equal(chosen(["%3 @1 301 1 ab12:300 dev"]), "split -h");
});

test("one that is over is used again: this bottle's anywhere, another's beside the caller", () => {
  assert.equal(chosen(["%3 @0 300 1 cd34:300 other", "%4 @1 400 1 ef56:400 dev"]), "reuse %4");
  assert.equal(chosen(["%3 @0 300 1 cd34:300 other", "%4 @1 400 1 ef56:400 more"]), "reuse %3");
  assert.equal(chosen(["%3 @0 300 0 cd34:300 other", "%4 @1 400 1 ef56:400 more"]), "split -h");
});

test("a pane of an earlier run that has not closed yet is left alone", () => {
  assert.equal(chosen(["%3 @0 300 0 cd34:300 dev"]), "split -h");
});

test("a new one is beside, below, or in a window where there is no room; panes that are over go before that", () => {
  assert.equal(chosen([], { columns: 160 }), "split -v");
  assert.equal(chosen([], { columns: 160, rows: 32 }), "window");
  assert.equal(chosen(["%3 @1 300 1 cd34:300 other"], { columns: 160, rows: 32 }), "reuse %3");
});

test("panes of others and lines that tmux does not write are nobody's", () => {
  assert.deepEqual(parsePanes("%1 @0 5 0  \n%1 @0 5 0 ab:5\nno pane\n%2 @0 5 0 zz:yy dev\n"), [
    { id: "%1", window: "@0", pid: 5, dead: false, mark: null },
    { id: "%1", window: "@0", pid: 5, dead: false, mark: { name: "", view: "ab" } },
    { id: "%2", window: "@0", pid: 5, dead: false, mark: null },
  ]);
});
