import assert from "node:assert/strict";
import { test } from "node:test";
import {
  folderName,
  labelArguments,
  labelsOf,
  machineName,
  type Ownership,
  ownFilters,
  readLabels,
} from "../../../src/backends/docker/labels.ts";

const FULL: Ownership = {
  kind: "cage",
  bottle: "reviewer-ab1cd",
  owner: 1500,
  machine: "0123456789abcdef",
  host: { pid: 4711, startTime: 123456, bootId: "00000000-1111-2222-3333-444444444444" },
  state: "fedcba9876543210",
  version: "0.1.0",
};

test("part B32: labels say kind, bottle, owner, machine, host process, state folder and version, and are read back", () => {
  assert.deepEqual(readLabels(labelsOf(FULL)), FULL);
  const { bottle: _bottle, host: _host, state: _state, ...shared } = FULL;
  assert.deepEqual(readLabels(labelsOf({ ...shared, kind: "image" })), { ...shared, kind: "image" });
});

test("labels are words of their own on the command line", () => {
  const words = labelArguments(FULL);
  assert.equal(words.length, 14);
  assert.deepEqual(words.slice(0, 4), ["--label", "bot-bottle.kind=cage", "--label", "bot-bottle.owner=1500"]);
});

test("labels of another form are not ours", () => {
  const good = labelsOf(FULL);
  for (const change of [
    { "bot-bottle.kind": "castle" },
    { "bot-bottle.owner": "root" },
    { "bot-bottle.bottle": "../../etc" },
    { "bot-bottle.machine": 7 },
  ]) {
    assert.equal(readLabels({ ...good, ...change }), null, JSON.stringify(change));
  }
  // Without a host process that can be read nobody says that it is gone.
  assert.equal(readLabels({ ...good, "bot-bottle.host": "1-2-3" })?.host, undefined);
});

test("only what is of this machine and operator is asked for", () => {
  assert.deepEqual(ownFilters({ owner: 7, machine: "m", kind: "cage" }), [
    ...["--filter", "label=bot-bottle.owner=7", "--filter", "label=bot-bottle.machine=m"],
    ...["--filter", "label=bot-bottle.kind=cage"],
  ]);
});

test("names of machine and folder tell neither the machine-id nor a path", () => {
  assert.match(machineName(), /^[0-9a-f]{16}$/);
  assert.equal(machineName(), machineName());
  assert.match(folderName("/home/op/x"), /^[0-9a-f]{16}$/);
  assert.notEqual(folderName("/home/op/x"), folderName("/home/op/y"));
});
