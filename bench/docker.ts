import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadBackend } from "../src/backends/builtins.ts";
import { programPath } from "../test/support/needs.ts";
import { openTestBottle } from "../test/support/test-bottle.ts";
import { type BenchOptions, type BenchSection, type Contestant, inTurns, milliseconds, spread } from "./measure.ts";

const TITLE = "Docker backend";
const SCRIPT = "echo ready";
/** The image that both sides use: the one that is named, else the agent's of this checkout. */
const IMAGE = process.env.BOT_BOTTLE_IMAGE || "localhost/bot-bottle/claude:latest";

/** Why nothing can be measured here, or null. */
function missing(docker: string | null): string | null {
  if (docker === null) return "docker is not installed here.";
  const found = spawnSync(docker, ["image", "inspect", IMAGE], { encoding: "utf8", timeout: 20_000 });
  if (found.status === 0) return null;
  return /No such image/i.test(found.stderr)
    ? `the engine has no image ${IMAGE} (bottle image build makes it).`
    : `no engine answers: ${found.stderr.trim().split("\n").at(-1) ?? ""}`;
}

/** Starts against `docker run`, commands against `docker exec`, each of the same image and engine. */
export async function rows({ root, folder }: BenchOptions): Promise<BenchSection> {
  const docker = programPath("docker");
  const why = missing(docker);
  if (docker === null || why !== null) return { title: TITLE, rows: [], notes: [`Not measured: ${why}`] };
  const workspace = join(folder, "docker-workspace");
  mkdirSync(workspace);
  writeFileSync(join(workspace, "README.md"), "nothing here\n");
  const env = { ...process.env, BOT_BOTTLE_IMAGE: IMAGE };
  const options = { cwd: folder, env };
  const bare = ["run", "--rm", "--network", "none", "--entrypoint", "/bin/sh"];
  const bottle = ["start", "shell", workspace, "--backend", "docker", "--rm", "-p", SCRIPT];
  const starts = await inTurns(
    {
      bare: { argv: [docker, ...bare, IMAGE, "-c", SCRIPT], options },
      hardened: {
        argv: [
          ...[docker, ...bare, "--init", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
          ...["--user", "1000:1000", "--tmpfs", "/tmp", IMAGE, "-c", SCRIPT],
        ],
        options,
      },
      bottle: { argv: [join(root, "bottle"), ...bottle], options },
    },
    9,
    1,
  );
  const execs = await timeExecs(docker);
  const first = (name: keyof typeof starts) => spread(starts[name].map(({ firstByteMs }) => firstByteMs));
  const [run, hardened, start, exec] = [first("bare"), first("hardened"), first("bottle"), spread(execs.ours)];
  const theirs = spread(execs.engine);
  return {
    title: TITLE,
    rows: [
      { what: "raw `docker run --network none`, same image, to the first byte", value: milliseconds(run), n: run.n },
      {
        what: "the same with the hardening words of a bottle",
        value: milliseconds(hardened),
        ratio: `${(hardened.median / run.median).toFixed(2)}x of raw`,
        n: hardened.n,
      },
      {
        what: "`./bottle start shell -p --backend docker`, gateway and seal check, to the agent's first byte",
        value: milliseconds(start),
        ratio: `${(start.median / run.median).toFixed(2)}x of raw`,
        n: start.n,
      },
      { what: "raw `docker exec` of `true` in the same container", value: milliseconds(theirs), n: theirs.n },
      {
        what: "`exec` of `true` through the bottle's handle",
        value: milliseconds(exec),
        ratio: `${(exec.median / theirs.median).toFixed(2)}x of raw`,
        n: exec.n,
      },
    ],
    notes: [`Image ${IMAGE}.`],
  };
}

/** Milliseconds of a command in one running bottle, through its handle and past it, in turns. */
async function timeExecs(docker: string): Promise<{ readonly ours: number[]; readonly engine: number[] }> {
  const options = { image: IMAGE, runtime: null, placement: "socket" } as const;
  const b = await openTestBottle(await loadBackend("docker"), { plan: () => ({ backendOptions: options }) });
  try {
    const listed = spawnSync(docker, ["ps", "--no-trunc", "--format", "{{.ID}} {{.Names}}"], { encoding: "utf8" });
    const line = listed.stdout.split("\n").find((text) => text.includes(b.plan.name));
    const container = line?.split(" ")[0] ?? "";
    const raw: Contestant = {
      argv: [docker, "exec", "--user", "1000:1000", container, "/bin/true"],
      options: { env: process.env },
    };
    const ours: number[] = [];
    const engine: number[] = [];
    for (let round = 0; round < 22; round += 1) {
      const started = performance.now();
      const { code } = await b.bottle.exec({ argv: ["/bin/true"] });
      if (code !== 0) throw new Error(`exec ended with ${code}`);
      const own = performance.now() - started;
      const { raw: timings } = await inTurns({ raw }, 1, 0);
      if (round < 2) continue;
      ours.push(own);
      engine.push(timings[0]?.totalMs ?? Number.NaN);
    }
    return { ours, engine };
  } finally {
    await b.dispose();
  }
}
