import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import {
  ACTION_NAMES,
  actionOf,
  DEFAULT_KEYS,
  KEY_ACTIONS,
  type KeyPlace,
  keymapOf,
  keymapProblems,
  keyProblem,
} from "../../../src/core/model/dashboard-keys.ts";
import { BottleError } from "../../../src/core/model/errors.ts";
import type { Model } from "../../../src/dashboard/model.ts";
import { textOf } from "../../../src/dashboard/spans.ts";
import { view } from "../../../src/dashboard/view.ts";
import { readDashboardSettings } from "../../../src/state/dashboard-settings.ts";
import { fleetModel, press } from "../../support/dashboard-models.ts";
import { manifestPlace } from "../../support/manifest-place.ts";

const screen = (model: Model) => view(model).map(textOf).join("\n");
const uid = process.getuid?.() ?? 0;

test("the defaults are keys, and none of them does two things in one place", () => {
  assert.deepEqual(keymapProblems(DEFAULT_KEYS), []);
  for (const name of ACTION_NAMES) {
    for (const key of DEFAULT_KEYS[name]) {
      assert.equal(keyProblem(key), null, key);
      for (const place of KEY_ACTIONS[name].in as readonly KeyPlace[])
        assert.equal(actionOf(DEFAULT_KEYS, place, key), name, `${key} in ${place}`);
    }
  }
});

test("a remapped key does it, the old one does not, and help, hints and messages name the new one", () => {
  const keys = keymapOf({ attach: ["ctrl-o"], stop: ["K"], filter: ["f"], allow: ["y"], copy: ["Y"], deny: [] });
  const start = { ...fleetModel(100, 30), keys };
  const done = (pressed: readonly string[]) => press(start, pressed)[1].map((effect) => effect.do);
  assert.ok(done(["ctrl-o"]).includes("attach"));
  assert.ok(!done(["enter"]).includes("attach") && !done(["o"]).includes("attach"));
  assert.equal(press(start, ["K"])[0].prompt?.ask, "stop");
  assert.equal(press(start, ["x"])[0].prompt, null);
  assert.deepEqual(press(start, ["!", "y"])[1].filter((effect) => effect.do === "run").length, 1);
  for (const old of ["a", "d"]) assert.ok(!press(start, ["!", old])[1].some((effect) => effect.do === "run"), old);
  assert.equal(press(start, ["!", "d"])[0].prompt, null);
  assert.match(screen(start), /Ctrl-o attach/);
  assert.doesNotMatch(screen(start), /Enter attach/);
  assert.match(screen(press(start, ["?"])[0]), /^ {3}Ctrl-o +attach to the agent/m);
  assert.match(screen(press(start, ["!"])[0]), /y once/);
  assert.match(screen(press(start, ["X"])[0]), /runs: K stops it first/);
});

test("a key that is typed is text, whatever it is mapped to", () => {
  const start = { ...fleetModel(100, 30), keys: keymapOf({ redraw: ["w"], why: [] }) };
  assert.deepEqual(press(start, ["w"])[1], [{ do: "redraw" }]);
  const [model, effects] = press(start, ["/", "w"]);
  assert.equal(model.filter, "w");
  assert.ok(!effects.some((effect) => effect.do === "redraw"));
});

test("what is no key, what leads out, and what decides too easily is refused", () => {
  for (const key of ["", "jj", "Ctrl-d", "ctrl-1", "f1", "\u001b", "\u0007", "\u0301", " ", "esc", "ctrl-c", "ctrl-m"])
    assert.notEqual(keyProblem(key), null, JSON.stringify(key));
  for (const key of ["j", "é", "漢", "ctrl-x", "shift-tab", "€"]) assert.equal(keyProblem(key), null, key);
  for (const action of ["allow", "allow-longer", "deny"] as const) {
    for (const key of ["enter", "space"])
      assert.match(keymapProblems({ [action]: [key], more: [] })[0]?.message ?? "", /pressed on purpose/);
  }
});

test("one key for two actions is an error that names both, told once; in different places it is none", () => {
  const clash = keymapProblems({ stop: ["r"] });
  assert.deepEqual(clash, [
    { action: "stop", message: "r would do two things, stop and resume: give resume another key, or []" },
  ]);
  assert.deepEqual(
    keymapProblems({ stop: ["x"], resume: ["x"] }).map(({ action }) => action),
    ["resume"],
  );
  assert.deepEqual(keymapProblems({ stop: ["r"], resume: ["R"] }), []);
  assert.deepEqual(keymapProblems({ stop: ["d"] }), []);
});

test("the operator's file says it, with all errors in their place; a broken rest of it keeps nobody out", async (t) => {
  const { layout } = manifestPlace(t);
  const read = (text: string) => {
    writeFileSync(layout.operatorManifest, text);
    return readDashboardSettings(layout, uid);
  };
  const refused = async (text: string): Promise<string> => {
    const error = await read(text).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof BottleError && error.code === "MANIFEST_INVALID");
    return error.message;
  };
  assert.deepEqual((await readDashboardSettings(layout, uid)).keys, DEFAULT_KEYS);
  assert.deepEqual((await read('{"dashboard": {"keys": {"stop": ["K"]}}}')).keys.stop, ["K"]);
  assert.match(
    await refused('{"dashboard": {"keys": {"atach": ["k"]}}}'),
    /:1:25: .*unknown key "atach" \(did you mean attach\?/,
  );
  assert.match(await refused('{"dashboard": {"keyz": {}}}'), /did you mean keys\?/);
  assert.match(await refused('{"dashboard": {"keys": {"stop": ["F12"]}}}'), /dashboard\.keys\.stop.*not a key/);
  assert.match(
    await refused('{"dashboard": {"keys": {"stop": ["r"]}}}'),
    /dashboard\.keys\.stop: r would do two things/,
  );
  assert.equal((await read('{"dashboard": {"mouse": false}}')).mouse, false);
  assert.equal((await read('{"dashboard": {}}')).mouse, true);
  const other = await read('{"bottles": {"x": {"nonsense": 1}}, "dashboard": {"keys": {"stop": ["K"]}}}');
  assert.deepEqual([other.keys.stop, other.problem], [["K"], null]);
  const broken = await read('{"dashboard": ');
  assert.deepEqual(broken.keys, DEFAULT_KEYS);
  assert.match(broken.problem ?? "", /its own keys: /);
});
