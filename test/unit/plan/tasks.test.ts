import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTasks } from "../../../src/core/plan/tasks.ts";

test("a list of tasks: one object a line, empty lines and comments passed over, lines counted as an editor does", () => {
  const { tasks, problems } = parseTasks(
    '# first\n\n{"prompt": "a"}\r\n  {"prompt": "b", "agent": "claude", "labels": {"team": "core"}, "allow": ["npm"], "maxMinutes": 1.5}\n',
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(tasks, [
    { prompt: "a", line: 3 },
    { prompt: "b", agent: "claude", labels: { team: "core" }, allow: ["npm"], maxMinutes: 1.5, line: 4 },
  ]);
});

test("every problem of every line is told at once, with what was meant", () => {
  const lines = [
    '{"prompt": "fine"}',
    "fix it",
    "[1]",
    '{"promt": "x", "agent": 1}',
    '{"prompt": "  ", "workspace": "share", "maxMinutes": 0}',
    '{"prompt": "x", "name": "Not A Name", "labels": {"k": 1}, "args": "no"}',
    '{"prompt": "x", "name": "one"}',
    '{"prompt": "x", "name": "one"}',
    '{"prompt": "x", "labels": {"bad key": "v"}, "__proto__": {}, "toString": 1}',
  ];
  const { tasks, problems } = parseTasks(lines.join("\n"));
  assert.deepEqual(
    tasks.map(({ line }) => line),
    [1, 7],
  );
  assert.deepEqual(
    problems.map(({ line, message }) => `${line} ${message}`),
    [
      '2 is not JSON: one object a line, as {"prompt": "fix the test"}',
      '3 is no object, as {"prompt": "fix the test"}',
      '4 the key "promt" is not known; did you mean prompt?',
      "4 agent is to be the name of an agent",
      "4 has no prompt",
      "5 prompt is to be a text that is not empty, without NUL",
      "5 workspace is to be clone, copy or bind",
      "5 maxMinutes is to be a number above 0, at most 30240",
      "6 name is to be a name of small letters, digits and -",
      '6 labels is to be an object of texts, as {"team": "core"}',
      "6 args is to be a list of texts without NUL",
      "8 the name one is that of line 7",
      "9 label bad key: a key has 1 to 63 letters, digits and ._/-",
      '9 the key "__proto__" is not known',
      '9 the key "toString" is not known',
    ],
  );
});

test("a text with a NUL, which no program can be given, is refused with its line", () => {
  const { tasks, problems } = parseTasks('{"prompt": "a\\u0000b"}\n{"prompt": "x", "args": ["\\u0000"]}');
  assert.deepEqual(tasks, []);
  assert.deepEqual(
    problems.map(({ line, message }) => `${line} ${message}`),
    ["1 prompt is to be a text that is not empty, without NUL", "2 args is to be a list of texts without NUL"],
  );
});

test("a list without a task, and one that nobody wrote, are refused", () => {
  for (const text of ["", "\n# nothing\n"]) {
    assert.deepEqual(parseTasks(text).problems, [{ line: 1, message: "there is no task in it" }]);
  }
  const many = parseTasks('{"prompt":"x"}\n'.repeat(20_000));
  assert.deepEqual(many.problems, [{ line: 10_001, message: "more than 10000 tasks" }]);
});
