import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { BottleError } from "../../core/model/errors.ts";
import { allOrNone } from "../../host/cleanup.ts";
import type { CreateContext, ServiceWays } from "../backend.ts";
import type { RunFiles } from "../run-files.ts";
import { aliasLine, bundleAttachment, type Side, sidecarArguments } from "./bundle-arguments.ts";
import { openCage } from "./cage.ts";
import type { Way } from "./cage-arguments.ts";
import type { Engine } from "./engine.ts";
import { sidecarImage } from "./images.ts";
import { makeNetwork, removeNetwork } from "./networks.ts";
import { ownershipOf, thingName } from "./ownership.ts";
import { connectSidecar, sidecarPlace } from "./sidecar.ts";

/**
 * Placement `bundle`: makes the two networks of a bottle, and its sidecar, which comes up while the caller goes on. What
 * exists by then is on `context.cleanup`; `files` are the cage's, of which the hosts file gets the sidecar's names.
 */
export async function openBundle(
  bottle: string,
  { facts, folders, cleanup, journal }: CreateContext,
  engine: Engine,
  files: RunFiles,
  runtime: string | null,
): Promise<Way> {
  const image = await sidecarImage(engine);
  if (image === null) {
    throw new BottleError("HOST_UNFIT", "the engine has no image of the sidecar", {
      hint: "bottle image build sidecar",
      facts: { finding: "sidecar-image-missing" },
    });
  }
  const network = await ownershipOf("network", bottle, facts, folders);
  const make = async (side: Side): Promise<string> => {
    const name = thingName(network, side);
    await journal("network", { name });
    cleanup.push(`${side} network`, () => removeNetwork(engine, name));
    await makeNetwork(engine, side, name, network);
    return name;
  };
  const [inner, outer] = await allOrNone([make("inner"), make("outer")]);
  const ownership = await ownershipOf("sidecar", bottle, facts, folders);
  const name = thingName(ownership);
  await journal("container", { name });
  const sidecar = openCage(
    engine,
    name,
    sidecarArguments({ name, ownership, image, runtime, seccompFile: files.seccomp, outer }),
  );
  cleanup.push("sidecar", () => sidecar.end());
  const address = sidecar.ready.then(() => connectSidecar(engine, sidecar, inner));
  const ready = address.then((address) => {
    // The same file as before: a container sees what is written into it, not what takes its place.
    appendFileSync(join(files.etc, "hosts"), aliasLine(address));
    const place = sidecarPlace(engine, sidecar, address);
    return (ways: ServiceWays) => ways.remote(place);
  });
  ready.catch(() => {}); // reported by `serve`
  return { attachment: bundleAttachment(inner), ready, ended: sidecar.ended, address };
}
