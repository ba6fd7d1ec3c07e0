/** What is looked for in a machine that has come up, with plain programs in place of smolvm. */
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { checkMachine, judge } from "../../../src/backends/smolmachines/bringup-checks.ts";
import { mannerOf } from "../../../src/backends/smolmachines/manner.ts";
import { BottleError } from "../../../src/core/model/errors.ts";
import { skipWithout } from "../../support/needs.ts";
import { rejectsWith } from "../../support/rejection.ts";

const folder = mkdtempSync(join(tmpdir(), "checks-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Runs what a machine would be asked to, behind `how`, with `filter` for its output. Without a namespace the gateway's address
 * is one of this host's loopback, where nobody listens: nothing else is ever called from here.
 */
function machine(name: string, how: string, filter = "cat") {
  const program = join(folder, name);
  const script = `#!/bin/sh
[ "$1" = --version ] && echo "smolvm 1.9.3" && exit
[ "$2" = --help ] && exit
while [ "$1" != -- ]; do shift; done
shift
gateway=${how === "" ? "127.0.0.9" : "100.96.0.1"}
for word; do shift; [ "$word" != 100.96.0.1 ] || word=$gateway; set -- "$@" "$word"; done
${how} "$@" | sed "s/^$gateway/100.96.0.1/" | ${filter}
`;
  writeFileSync(program, script);
  chmodSync(program, 0o755);
  const smolvm = { program, env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } };
  return { smolvm, machine: "one", manner: mannerOf([1, 9, 3]), bringUp: null };
}

test("a machine that has this host's network is refused, with what was reached and which smolvm", async () => {
  const error = await rejectsWith("CREATE_FAILED", checkMachine(machine("open", "")));
  assert.match(error.message, /^smolvm 1\.9\.3: .* reaches this host's loopback by 127\.0\.0\.1$/);
});

test("so is one that has this host under the gateway's address", { skip: skipWithout("root") }, async () => {
  const alias = "unshare -n sh -c 'ip link set lo up; ip addr add 100.96.0.1/32 dev lo; exec \"$@\"' sh";
  // Its listener is on 127.0.0.1 of another namespace, so that the address alone is no way.
  await checkMachine(machine("alias", alias));
  const relayed = machine(
    "relayed",
    "",
    "sed 's/^127.0.0.1 open/127.0.0.1 shut/; s/^100.96.0.1 shut/100.96.0.1 open/'",
  );
  const error = await rejectsWith("CREATE_FAILED", checkMachine(relayed));
  assert.match(error.message, /by 100\.96\.0\.1$/);
});

test("who says nothing but calls is refused too", async () => {
  const liar = machine("liar", "", "sed 's/open$/shut/'");
  assert.match((await rejectsWith("CREATE_FAILED", checkMachine(liar))).message, /reaches this host's loopback$/);
});

test("a machine without a network passes", { skip: skipWithout("root") }, async () => {
  await checkMachine(machine("shut", "unshare -n"));
});

test("what does not come back whole is refused", async () => {
  const cut = await rejectsWith("CREATE_FAILED", checkMachine(machine("cut", "", "head -c 1000")));
  assert.match(cut.message, /whole/);
  const fails = await rejectsWith(
    "CREATE_FAILED",
    checkMachine(machine("fails", "", "{ echo Error: no >&2; exit 1; }")),
  );
  assert.match(fails.message, /no$/);
  for (const printed of [
    "",
    "text",
    "text\n",
    "text\n127.0.0.1 shut\n",
    "text\n127.0.0.1 shut\n100.96.0.1 shut\nmore\n",
  ]) {
    assert.throws(() => judge("smolvm", "text", printed, false), BottleError, printed);
  }
  judge("smolvm", "text", "text\n127.0.0.1 shut\n100.96.0.1 shut\n", false);
});
