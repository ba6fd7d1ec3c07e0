/** The part of an event of node:test's stream that is used here (https://nodejs.org/api/test.html#class-testsstream). */
export interface TestEvent {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: each type has its own shape, passed on to the reporter as it is
  readonly data: any;
}

const COUNT = /^(tests|pass|fail) (\d+)$/;

/**
 * Passes the events of a run on. Before the closing summary it asks `leftovers` and reports the answer as one more
 * test, so that the summary counts it: the last lines then tell everything. `onFail` is called for each failure.
 */
export async function* withLastTest(
  events: AsyncIterable<TestEvent>,
  name: string,
  leftovers: () => Promise<readonly string[]>,
  onFail: () => void,
): AsyncGenerator<TestEvent> {
  const summary: TestEvent[] = [];
  for await (const event of events) {
    if (event.type === "test:fail" && !event.data.todo) onFail();
    const closing =
      event.type === "test:diagnostic" && event.data.nesting === 0 && /^[a-z_]+ [\d.]+$/.test(event.data.message);
    const total = event.type === "test:summary" && event.data.file === undefined;
    if (closing || total) summary.push(event);
    else yield event;
  }

  const started = performance.now();
  const left = await leftovers();
  const passed = left.length === 0;
  const details = { duration_ms: Math.round(performance.now() - started), type: "test" };
  const base = { name, nesting: 0, testNumber: 1, testId: -1 };
  yield { type: "test:start", data: base };
  if (passed) {
    yield { type: "test:pass", data: { ...base, details } };
  } else {
    onFail();
    const cause = new Error(`left behind:\n${left.join("\n")}`);
    cause.stack = cause.message;
    const error = Object.assign(new Error(cause.message, { cause }), {
      code: "ERR_TEST_FAILURE",
      failureType: "testCodeFailure",
    });
    yield { type: "test:fail", data: { ...base, details: { ...details, error } } };
  }
  for (const event of summary) {
    const [, kind, count] = COUNT.exec(event.data.message ?? "") ?? [];
    const more = kind === "tests" || kind === (passed ? "pass" : "fail");
    if (kind === undefined || !more) yield event;
    else yield { ...event, data: { ...event.data, message: `${kind} ${Number(count) + 1}` } };
  }
}
