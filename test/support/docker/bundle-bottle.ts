import { type ChildProcess, spawnSync } from "node:child_process";
import { type CliResult, newOperator, type Operator } from "../operator.ts";

/** An engine on a machine that works takes its time: as `eventually`, for two minutes. */
async function until(what: string, check: () => boolean): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!check()) {
    if (Date.now() > deadline) throw new Error(`not within two minutes: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What of this process's environment names the engine. */
export function engineEnv(): Record<string, string> {
  const names = ["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG"] as const;
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/** Calls `docker`; throws what it complained about. */
export function docker(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync("docker", args, { encoding: "utf8", timeout: 60_000 });
  if (status !== 0) throw new Error(`docker ${args.join(" ")}: ${stderr}`);
  return stdout.trim();
}

/** A bottle in placement `bundle`, with an agent that sleeps. */
export interface BundleBottle extends AsyncDisposable {
  readonly operator: Operator;
  readonly name: string;
  readonly host: ChildProcess;
  /** Names of its container and networks, as the engine knows them. */
  readonly cage: string;
  readonly sidecar: string;
  readonly inner: string;
  readonly outer: string;
  bottle(...args: readonly string[]): Promise<CliResult>;
  /** Runs a command in the bottle as the agent. */
  inside(...argv: readonly string[]): Promise<CliResult>;
  /** Runs perl in the bottle: `code`, with `args`. */
  perl(code: string, ...args: readonly string[]): Promise<string>;
  addressOf(container: string, network: string): string;
  said(): string;
}

/** Names of everything of one bottle that the engine has. */
export function thingsOf(name: string): readonly string[] {
  const filter = ["--filter", `label=bot-bottle.bottle=${name}`];
  return [
    ...docker("ps", "--all", "--format", "{{.Names}}", ...filter).split("\n"),
    ...docker("network", "ls", "--format", "{{.Name}}", ...filter).split("\n"),
  ].filter((line) => line !== "");
}

export async function openBundleBottle(
  name: string,
  default_: object = {},
  env: Readonly<Record<string, string>> = {},
): Promise<BundleBottle> {
  const operator = newOperator();
  operator.writeManifest(
    JSON.stringify({ bottles: { default: { backend: "docker", placement: "bundle", ...default_ } } }),
  );
  const variables = { ...engineEnv(), ...env };
  const host = operator.spawn(["start", "shell", "--name", name, "-p", "echo up; sleep 300"], variables);
  host.stdin?.end();
  let said = "";
  let out = "";
  host.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  host.stdout?.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  try {
    await until("the agent runs", () => {
      if (host.exitCode !== null) throw new Error(said);
      return out.includes("up");
    });
  } catch (error) {
    if (host.exitCode === null) {
      host.kill("SIGTERM");
      await new Promise((resolve) => host.once("close", resolve));
    }
    operator[Symbol.dispose]();
    throw error;
  }
  const things = thingsOf(name);
  const find = (part: string) => things.find((thing) => thing.includes(part)) ?? "";
  const bottle = (...args: readonly string[]) => operator.bottle(args, { env: variables });
  const inside = (...argv: readonly string[]) => bottle("exec", name, "--", ...argv);
  return {
    operator,
    name,
    host,
    cage: find("-cage-"),
    sidecar: find("-sidecar-"),
    inner: find(".inner"),
    outer: find(".outer"),
    bottle,
    inside,
    perl: async (code, ...args) => {
      const { stdout, stderr, code: exit } = await inside("/usr/bin/perl", "-e", code, "--", ...args);
      if (exit !== 0) throw new Error(stderr);
      return stdout.trim();
    },
    addressOf: (container, network) =>
      docker(
        "container",
        "inspect",
        "--format",
        `{{with index .NetworkSettings.Networks "${network}"}}{{.IPAddress}}{{end}}`,
        container,
      ),
    said: () => said,
    async [Symbol.asyncDispose]() {
      await bottle("stop", "--grace", "0", name);
      await bottle("rm", "--discard", name);
      host.kill("SIGKILL");
      operator[Symbol.dispose]();
    },
  };
}
