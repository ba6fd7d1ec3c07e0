import assert from "node:assert/strict";
import { test } from "node:test";
import { renewed } from "../../../bench/benchmark-page.ts";

const PAGE =
  "# Benchmarks\n\nHow.\n\n## Start\n\n| a |\n\n## Detached bottles\n\n| old |\n\nA ## note.\n\n## Gateway\n\nnone\n";

test("one section of the page of benchmarks is measured anew, and the others stay", () => {
  assert.equal(
    renewed(PAGE, [{ title: "Detached bottles", text: "## Detached bottles\n\n| new |" }]),
    PAGE.replace("| old |\n\nA ## note.", "| new |"),
  );
  assert.equal(renewed(PAGE, []), PAGE);
});

test("a section that the page does not have comes last", () => {
  assert.equal(renewed(PAGE, [{ title: "Leaks", text: "## Leaks\n\nhere\n" }]), `${PAGE}\n## Leaks\n\nhere\n`);
});
