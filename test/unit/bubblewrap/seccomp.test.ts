import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { ACTIONS, AUDIT_ARCH, seccompBytes, seccompProgram } from "../../../src/backends/call-filter.ts";
import { CLONE_NEW, JUDGED, REFUSED } from "../../../src/backends/system-calls.ts";
import { BottleError } from "../../../src/core/model/errors.ts";
import { disassemble, interpret } from "../../support/bpf.ts";
import fc from "../../support/properties.ts";

const ARCHS = ["x64", "arm64"] as const;
const actionName = (value: number) =>
  Object.entries(ACTIONS).find(([, code]) => code === value)?.[0] ?? `0x${value.toString(16)}`;

for (const arch of ARCHS) {
  const program = seccompProgram(arch);
  const judge = (nr: number, ...args: (number | bigint)[]) =>
    actionName(interpret(program, { arch: AUDIT_ARCH[arch], nr, args: args.map(BigInt) }));
  const numbers = new Map(
    Object.entries(REFUSED).flatMap(([name, pair]) => {
      const nr = pair[arch === "x64" ? 0 : 1];
      return nr === null ? [] : [[nr, name] as const];
    }),
  );
  const judged = JUDGED[arch];

  test(`${arch}: the program is small, ends in a return on every path, and loads within the kernel's limits`, () => {
    assert.ok(program.length <= 120, `${program.length} instructions`);
    assert.equal(seccompBytes(program).length, program.length * 8);
    program.forEach(({ code, jt, jf, k }, at) => {
      if (code === 0x20) assert.ok(k % 4 === 0 && k < 64);
      if (code !== 0x20 && code !== 0x06) assert.ok(at + 1 + Math.max(jt, jf) < program.length);
    });
    assert.equal(program.at(-1)?.code, 0x06);
  });

  test(`${arch}: row 142: any other architecture is killed, whatever it calls`, () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 500 }), (other, nr) => {
        fc.pre(other !== AUDIT_ARCH[arch]);
        assert.equal(actionName(interpret(program, { arch: other, nr })), "kill");
      }),
    );
    for (const other of Object.values(AUDIT_ARCH)) {
      if (other !== AUDIT_ARCH[arch]) assert.equal(actionName(interpret(program, { arch: other, nr: 0 })), "kill");
    }
  });

  test(`${arch}: rows 84, 85, 142: every listed call is refused, all others are allowed`, () => {
    const special = new Set<number>(Object.values(judged));
    for (let nr = 0; nr < 1000; nr += 1) {
      if (special.has(nr)) continue;
      assert.equal(judge(nr, 0, 0, 0), numbers.has(nr) ? "eperm" : "allow", `call ${nr} ${numbers.get(nr) ?? ""}`);
    }
    assert.equal(judge(judged.clone3), "enosys");
  });

  test(`${arch}: row 142: four socket families, for socket and socketpair, whatever the high bits`, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 0, max: 30 }),
        fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }),
        (family, protocol, high) => {
          const open = [1, 2, 10].includes(family) || (family === 16 && protocol === 0);
          for (const nr of [judged.socket, judged.socketpair]) {
            assert.equal(
              judge(nr, BigInt(family) + (high << 32n), 3, BigInt(protocol) + (high << 32n)),
              open ? "allow" : "eafnosupport",
            );
          }
        },
      ),
    );
  });

  test(`${arch}: row 84: clone makes processes and threads, no namespaces`, () => {
    const [SIGCHLD, THREAD] = [17, 0x3d0f00];
    assert.equal(judge(judged.clone, SIGCHLD), "allow");
    assert.equal(judge(judged.clone, THREAD), "allow");
    for (let bit = 0; bit < 32; bit += 1) {
      const flag = 2 ** bit;
      const expected = (BigInt(CLONE_NEW) & BigInt(flag)) !== 0n ? "eperm" : "allow";
      assert.equal(judge(judged.clone, BigInt(flag) | (0xffffn << 32n)), expected, `bit ${bit}`);
    }
  });

  test(`${arch}: row 142: two terminal requests, compared as the kernel compares them`, () => {
    for (const request of [0x5412, 0x541c]) {
      for (const high of [0n, 1n, 0x7fffffffn])
        assert.equal(judge(judged.ioctl, 0, BigInt(request) + (high << 32n)), "eperm");
    }
    for (const request of [0x5401, 0x5413, 0x5414, 0x5411, 0x541b, 0x5412 + 0x10000])
      assert.equal(judge(judged.ioctl, 0, request), "allow");
  });

  test(`${arch}: the program reads as it is meant`, () => {
    const text = disassemble(program, actionName);
    assert.match(text, /^ {2}0 {2}load arch\n {2}1 {2}if == 0xc00000[3b][e7] else -> \d+\n {2}2 {2}load nr\n/);
    assert.match(text, /return allow\n *\d+ {2}load arg0\n *\d+ {2}if & 0x7e020000 then/);
    assert.match(
      text,
      /return allow\n *\d+ {2}return eperm\n *\d+ {2}return enosys\n *\d+ {2}return eafnosupport\n *\d+ {2}return kill$/,
    );
  });
}

test("row 142: x32 calls are killed, also those that look like -1", () => {
  const program = seccompProgram("x64");
  for (const nr of [0x40000000, 0x40000000 | 41, 0x7fffffff, -1, -2147483648]) {
    assert.equal(actionName(interpret(program, { arch: AUDIT_ARCH.x64, nr })), "kill");
  }
});

test("other architectures are refused with a reason", () => {
  assert.throws(
    () => seccompProgram("riscv64"),
    (error) => error instanceof BottleError && error.code === "HOST_UNFIT",
  );
});

const HEADERS = [
  ["/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "x64"],
  ["/usr/include/asm-generic/unistd.h", "arm64"],
] as const;
for (const [header, arch] of HEADERS) {
  test(`the numbers for ${arch} are those of the kernel's header`, {
    skip: existsSync(header) ? false : `no ${header}`,
  }, () => {
    const defined = new Map<string, number>();
    for (const [, name, nr] of readFileSync(header, "utf8").matchAll(/#define __NR(?:3264)?_(\w+)\s+(\d+)/g))
      defined.set(name ?? "", Number(nr));
    const ours = {
      ...Object.fromEntries(Object.entries(REFUSED).map(([name, pair]) => [name, pair[arch === "x64" ? 0 : 1]])),
      ...JUDGED[arch],
    };
    for (const [name, nr] of Object.entries(ours)) {
      // Newer than the header here.
      if (nr !== null && nr > Math.max(...defined.values())) continue;
      if (nr !== null) assert.equal(nr, defined.get(name), name);
    }
  });
}
