import { providers } from "../agents/providers.ts";
import { type ImageOrder, SIDECAR } from "../backends/image-store.ts";
import { BottleError } from "../core/model/errors.ts";
import { npmProgram, pinnedProgram } from "../host/agent-binary.ts";
import { packagedNode } from "../host/packaged-node.ts";
import type { SessionContext } from "./context.ts";

/** The images that can be built: one for each agent with a program of its own, and the services'. */
export const IMAGE_NAMES: readonly string[] = [
  ...Object.keys(providers).filter((name) => providers[name]?.program !== null),
  SIDECAR,
];

/**
 * What an image of ours is made with: always the pinned packages, so that it is the same wherever it is built.
 * `architecture` is of the machine that runs the images. Errors: USAGE, AGENT_BINARY_MISSING, HOST_UNFIT.
 */
export async function imageOrder(name: string, architecture: string, context: SessionContext): Promise<ImageOrder> {
  const { env, cwd, layout, say, signal } = context;
  const facts = { ...context.facts, arch: architecture };
  const search = { workspace: cwd, cwd, facts, cache: layout.cache, env, say, signal };
  if (name === SIDECAR) {
    const npm = await npmProgram(search);
    return { name, program: await packagedNode(architecture, { ...search, npm }) };
  }
  const provider = Object.hasOwn(providers, name) ? providers[name] : undefined;
  const program = provider?.program ?? null;
  const platform = program?.npmPlatforms[architecture];
  if (provider === undefined || program === null) {
    throw new BottleError("USAGE", `there is no image called ${name}`, {
      hint: `the images are ${IMAGE_NAMES.join(", ")}`,
    });
  }
  if (platform === undefined) {
    throw new BottleError("HOST_UNFIT", `${provider.title} has no package for linux-${architecture}`, {
      hint: `the architectures are ${Object.keys(program.npmPlatforms).join(", ")}`,
    });
  }
  const { path } = await pinnedProgram({ ...search, provider, command: null });
  return {
    name,
    program: { path, identity: `npm ${platform.package}@${program.npmVersion} sha512-${platform.sha512}` },
  };
}
