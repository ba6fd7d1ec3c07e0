import { isIPv4 } from "node:net";
import { BottleError } from "../../core/model/errors.ts";
import type { SidecarPlace, SidecarProcess } from "../backend.ts";
import { BUNDLE_PORTS, BUNDLE_SERVICES, connectArguments } from "./bundle-arguments.ts";
import type { Cage } from "./cage.ts";
import { askEngine, callEngine, type Engine, spawnEngine } from "./engine.ts";
import { KILL_SERVICE, RUN_SERVICE } from "./sidecar-init.ts";

const WORDS = 4096;
const CALL_MS = 20_000;

/** Puts a sidecar that runs on the inner network, and resolves its address there. Rejects with CREATE_FAILED. */
export async function connectSidecar(engine: Engine, sidecar: Cage, inner: string): Promise<string> {
  await callEngine(engine, connectArguments(inner, sidecar.name), { timeoutMs: CALL_MS });
  const format = `{{with index .NetworkSettings.Networks "${inner}"}}{{.IPAddress}}{{end}}`;
  const args = ["container", "inspect", "--format", format, sidecar.name];
  const address = (await callEngine(engine, args, { timeoutMs: CALL_MS })).trim();
  if (isIPv4(address)) return address;
  throw new BottleError("CREATE_FAILED", "the engine gave the sidecar no address on the bottle's network");
}

/**
 * Where the services of a bottle run: in its sidecar, each as a `docker exec` whose input and output are the control
 * stream. They listen on the inner network alone, since on the outer one is the way out.
 */
export function sidecarPlace(engine: Engine, sidecar: Cage, address: string): SidecarPlace {
  let runs = 0;
  let gone = false;
  void sidecar.ended.then(() => {
    gone = true;
  });
  return {
    listen: { addresses: [address], ports: BUNDLE_PORTS },
    run: async (): Promise<SidecarProcess> => {
      if (gone) throw new BottleError("BOTTLE_GONE", "the sidecar is gone");
      runs += 1;
      const service = [BUNDLE_SERVICES, String(runs)];
      const words = (script: string) => [sidecar.name, "/bin/sh", "-c", script, "bot-bottle", ...service];
      const client = spawnEngine(engine, ["exec", "--interactive", ...words(RUN_SERVICE)]);
      const { stdin, stdout, stderr } = client;
      if (stdin === null || stdout === null) throw new BottleError("INVARIANT", "a client without pipes");
      for (const stream of client.stdio) stream?.on("error", () => {});
      let last = "";
      stderr?.setEncoding("utf8").on("data", (text: string) => {
        last = (last + text).slice(-WORDS);
      });
      const ended: SidecarProcess["ended"] = new Promise((resolve) => {
        client.once("error", () => resolve({ code: null, words: "docker could not be started" }));
        client.once("close", (code) => resolve({ code, words: last }));
      });
      const kill = () => {
        // The end of its input is enough for one that is sound; one that hangs does not see it.
        client.kill("SIGKILL");
        if (!gone) void askEngine(engine, ["exec", ...words(KILL_SERVICE)], { timeoutMs: CALL_MS }).catch(() => {});
      };
      return { stdin, stdout, ended, kill };
    },
  };
}
