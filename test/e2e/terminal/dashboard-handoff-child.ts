/** A screen of the dashboard that hands its terminal over at each `h`, to a program that writes down every byte it gets. */
import { appendFileSync } from "node:fs";
import { handOver } from "../../../src/dashboard/handoff.ts";
import { openScreen } from "../../../src/dashboard/screen.ts";

const READER = `
import os, sys, termios, tty
tty.setraw(0)
print("ready-" + sys.argv[1] + "\\r", flush=True)
got = b""
while not got.endswith(b"."): got += os.read(0, 64)
with open(sys.argv[2], "ab") as log: log.write(got + b"\\n")
`;

const [, , log = ""] = process.argv;
const env = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
);
const own = { self: ["/usr/bin/python3", "-c", READER], cwd: "/", env };
let count = 0;
const screen = openScreen({
  key: (key) => void heard(key),
  paste: () => undefined,
  pointer: (report) => appendFileSync(log, `${JSON.stringify(report)}\n`),
});
screen.show(["here-0"]);

async function heard(key: string): Promise<void> {
  if (key === "q") {
    await screen.close();
    process.exit(0);
  }
  if (key !== "h") {
    appendFileSync(log, `stray ${key}\n`);
    return;
  }
  count++;
  await screen.lend(() => handOver(own, [String(count), log], "/usr/bin/stty", false));
  screen.show([`here-${count}`]);
}
