import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadBackend } from "../../../src/backends/builtins.ts";
import type { Placement } from "../../../src/core/model/plan.ts";
import { run } from "../../../src/host/exec.ts";
import { backendEnv } from "../../support/backend-env.ts";
import type { Contender } from "../../support/contender.ts";
import { docker } from "../../support/docker-engine.ts";
import { failingEngine } from "../../support/failing-engine.ts";
import { programPath, skipWithout } from "../../support/needs.ts";

async function engine(...args: readonly string[]): Promise<readonly string[]> {
  const result = await run({ argv: [programPath("docker") ?? "/nonexistent", ...args], env: backendEnv() });
  if (result.code !== 0) throw new Error(`docker ${args.join(" ")}: ${result.stderr.toString()}`);
  return result.stdout.toString().split("\n").filter(Boolean);
}

/** All that the engine has whose name or labels say this bottle, and clients of the engine that do. */
async function census(bottle: string): Promise<readonly string[]> {
  const word = new RegExp(`(?<![\\w])${bottle}(?![\\w])`);
  const naming = (what: string, lines: readonly string[]) =>
    // The client tells labels in any order.
    lines.filter((line) => word.test(line)).map((line) => `${what} ${line.split(/[ ,]/).sort().join(" ")}`);
  const [containers, networks, volumes] = await Promise.all([
    engine("ps", "--all", "--no-trunc", "--format", "{{.Names}} {{.Labels}}"),
    engine("network", "ls", "--no-trunc", "--format", "{{.Name}} {{.Labels}}"),
    engine("volume", "ls", "--format", "{{.Name}} {{.Labels}}"),
  ]);
  const clients = globSync("/proc/[0-9]*/cmdline").flatMap((file) => {
    try {
      const words = readFileSync(file, "latin1").split("\0");
      return words[0]?.endsWith("/docker") ? [words.slice(0, 8).join(" ")] : [];
    } catch {
      return [];
    }
  });
  return [
    ...naming("container", containers),
    ...naming("network", networks),
    ...naming("volume", volumes),
    ...naming("client", clients),
  ];
}

async function platform(): Promise<string> {
  const [line = ""] = await engine(
    "info",
    "--format",
    "{{.ServerVersion}}, {{.DefaultRuntime}}, {{.Driver}}, control groups v{{.CgroupVersion}}",
  );
  return `Docker ${line}, ${process.getuid?.() === 0 ? "as root" : "as an ordinary user"}`;
}

function dockerContender(placement: Placement, exempt: Contender["exempt"]): Contender {
  const root = process.getuid?.() === 0;
  return {
    column: `docker, ${placement}${root ? "" : ", ordinary user"}`,
    load: () => loadBackend("docker"),
    skip: () => skipWithout("docker", "docker-images", "perl"),
    plan: () => ({ backendOptions: { image: null, runtime: null, placement } }),
    exempt,
    unconfined: null,
    services: placement === "bundle" ? "sidecar" : "host",
    writable: {
      "/var/tmp": "a tmpfs of the same size as /tmp",
    },
    spareProcesses: 4,
    interrupt: failingEngine,
    // The calls of a socket bottle are tried one by one; in a bundle a start makes them twice over.
    stride: placement === "socket" && root ? 1 : 3,
    census,
    platform,
    shown: true,
  };
}

export const dockerSocketContender = (): Contender => dockerContender("socket", {});

export const dockerBundleContender = (): Contender =>
  dockerContender("bundle", {
    "network-listener":
      "the gateway runs in a sidecar, one for each bottle, which alone is on the network of that bottle",
  });

/**
 * An engine that does not see this machine's files: the folders of its bottles are below one that the test's engine has
 * another one in place of (.ci/engine). Home and workspace outlive a bottle, as folders do, and are not counted.
 */
export function dockerElsewhereContender(): Contender {
  const usual = dockerContender("bundle", {
    "network-listener":
      "the gateway runs in a sidecar, one for each bottle, which alone is on the network of that bottle",
  });
  const isKept = (line: string) => /^volume .*bot-bottle\.kind=(?:home|workspace)\b/.test(line);
  return {
    ...usual,
    column: "docker, files elsewhere",
    skip: () => skipWithout("docker", "docker-images", "perl", "docker-unseen"),
    plan: () => ({ backendOptions: { image: null, runtime: null, placement: null } }),
    census: async (bottle) => (await census(bottle)).filter((line) => !isKept(line)),
    // The test's engine keeps its volumes on this machine, where only the engine and root look.
    homeOf: (folder) => {
      const { volumes } = JSON.parse(readFileSync(join(dirname(folder), "volumes.json"), "utf8")) as {
        volumes: { home: string };
      };
      return docker(["volume", "inspect", "--format", "{{.Mountpoint}}", volumes.home]).trim();
    },
  };
}
