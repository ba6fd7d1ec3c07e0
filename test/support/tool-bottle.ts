import { realpathSync, writeFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { dirname, join } from "node:path";
import type { RuleDefinition } from "../../src/core/model/definition.ts";
import { openOrigin, originCa, type SeenRequest } from "./gateway/origin.ts";
import { programPath } from "./needs.ts";
import { type CliResult, eventually, newOperator, type Operator } from "./operator.ts";

export interface ToolBottle extends AsyncDisposable {
  readonly operator: Operator;
  /** What the stand-in was asked, in order. */
  readonly seen: readonly SeenRequest[];
  /** Runs a bash script in the bottle's workspace. */
  sh(script: string): Promise<CliResult>;
}

export interface ToolBottleOptions {
  /** Names that the stand-in answers for, with a certificate of its own authority; all others are refused. */
  readonly hosts: Readonly<Record<string, Omit<RuleDefinition, "host" | "dial">>>;
  readonly respond: RequestListener;
  readonly packs?: readonly string[];
  /** More of the bottle's definition. */
  readonly bottle?: Readonly<Record<string, unknown>>;
  /** Called before the start, e.g. to write files of the project. */
  readonly before?: (operator: Operator) => void;
}

/**
 * A running bottle whose only way out leads, through `inspect`, to a TLS server on loopback. The bottle and everything
 * of its operator are removed when it is disposed.
 */
export async function openToolBottle(options: ToolBottleOptions): Promise<ToolBottle> {
  const origin = await openOrigin({ respond: options.respond });
  const operator = newOperator();
  const ca = join(operator.home, "stand-in.pem");
  writeFileSync(ca, originCa.caPem);
  const rules = Object.entries(options.hosts).map(([host, rule]) => ({
    ...rule,
    host,
    dial: { address: "127.0.0.1", port: origin.port, ca },
  }));
  operator.writeManifest(
    JSON.stringify({ bottles: { default: { ...options.bottle, egress: { packs: options.packs ?? [], rules } } } }),
  );
  options.before?.(operator);
  const host = operator.spawn(["start", "shell", "-p", "exec sleep 900", "--name", "tools"], realTools());
  let talk = "";
  host.stderr?.setEncoding("utf8").on("data", (text: string) => (talk += text));
  const ended = new Promise<void>((resolve) => host.once("close", () => resolve()));
  const dispose = async () => {
    await operator.bottle(["rm", "--force", "tools"]);
    await ended;
    await origin.close();
    operator[Symbol.dispose]();
  };
  try {
    await eventually("the bottle runs", async () => {
      if (host.exitCode !== null) throw new Error(`the start ended with ${host.exitCode}: ${talk}`);
      return (await operator.bottle(["exec", "tools", "--", "true"])).code === 0;
    });
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    operator,
    seen: origin.seen,
    sh: (script) => operator.bottle(["exec", "tools", "--", "/bin/bash", "-c", script]),
    [Symbol.asyncDispose]: dispose,
  };
}

/** Variables that say where this machine's own toolchains are: the operator of a test has a home without any. */
function realTools(): Record<string, string> {
  const above = (program: string, levels: string) => {
    const path = programPath(program);
    return path === null ? [] : [join(realpathSync(dirname(path)), levels)];
  };
  const named = (name: string, value: string | undefined) => {
    const path = process.env[name] ?? value;
    return path === undefined ? [] : [[name, path] as const];
  };
  return Object.fromEntries([
    ...named("CARGO_HOME", above("rustup", "..")[0]),
    ...named("RUSTUP_HOME", above("rustup", "../../.rustup")[0]),
    ...named("PYENV_ROOT", above("pyenv", "..")[0]),
    ...named("GOROOT", above("go", "..")[0]),
    ...named("BUN_INSTALL", above("bun", "..")[0]),
    ...named("DENO_INSTALL", above("deno", "..")[0]),
    ...named("UV_INSTALL_DIR", above("uv", ".")[0]),
  ]);
}
