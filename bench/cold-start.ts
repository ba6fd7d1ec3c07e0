import { join } from "node:path";
import { type BenchOptions, type BenchSection, inTurns, milliseconds, spread } from "./measure.ts";

/** What a user waits for before anything happens: `bottle --help` against a Node that does nothing. */
export async function rows({ root, folder }: BenchOptions): Promise<BenchSection> {
  const options = { cwd: folder, env: process.env };
  const timings = await inTurns(
    {
      node: { argv: [process.execPath, "-e", "0"], options },
      help: { argv: [join(root, "bottle"), "--help"], options },
      ls: { argv: [join(root, "bottle"), "ls"], options },
    },
    21,
    3,
  );
  const of = (name: "node" | "help" | "ls") => spread(timings[name].map(({ totalMs }) => totalMs));
  const node = of("node");
  const row = (what: string, figure: typeof node, budget?: string) => ({
    what,
    value: milliseconds(figure),
    ratio: `${(figure.median / node.median).toFixed(2)}x of bare Node`,
    ...(budget === undefined ? {} : { budget }),
    n: figure.n,
  });
  return {
    title: "Cold start of the command",
    rows: [
      { what: "`node -e 0`", value: milliseconds(node), n: node.n },
      row("`./bottle --help`", of("help"), "<= 2x"),
      row("`./bottle ls`, no bottles", of("ls")),
    ],
    notes: ["From the checkout, with the shell script in front and the compile cache warm."],
  };
}
