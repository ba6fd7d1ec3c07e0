import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Engine } from "../../src/backends/docker/engine.ts";
import { imageStore } from "../../src/backends/docker/images.ts";
import type { ImageStore } from "../../src/backends/image-store.ts";
import { docker, tinyTar, uniqueName } from "./docker-engine.ts";

interface WorldBuild {
  readonly fresh?: boolean;
  readonly signal?: AbortSignal;
  /** How much the program is made longer. */
  readonly bytes?: number;
}

/** Images of ours in a real engine, under a name of this test's own. */
export interface ImageWorld extends Disposable {
  readonly store: ImageStore;
  readonly repository: string;
  /** Holds one file: the sidecar's recipe runs nothing in it. */
  readonly base: string;
  /** What the engine said so far. */
  readonly said: string[];
  /** Builds the sidecar with a program of this content. */
  build(content: string, options?: WorldBuild): ReturnType<ImageStore["build"]>;
  /** Makes a container of an image, which never runs; answers its name. */
  container(image: string): string;
  /** Builds an image of a user's own. */
  extend(from: string): string;
}

/** Disposing removes containers and images again. */
export function imageWorld(engine: Engine): ImageWorld {
  const folder = mkdtempSync(join(tmpdir(), "images-"));
  const repository = `localhost/${uniqueName("images")}`;
  const base = `${repository}/base:1`;
  const containers: string[] = [];
  const said: string[] = [];
  docker(["import", "-", base], tinyTar("base", repository));
  const store = imageStore(engine, repository);
  return {
    store,
    repository,
    base,
    said,
    build: (content, { fresh = false, signal = new AbortController().signal, bytes = 0 } = {}) => {
      const path = join(folder, randomBytes(4).toString("hex"));
      writeFileSync(path, Buffer.concat([Buffer.from(content), Buffer.alloc(bytes)]));
      const program = { path, identity: `${repository} ${content}` };
      const say = (line: string) => said.push(line);
      return store.build({ name: "sidecar", program }, { base, offline: true, fresh, signal, say });
    },
    container: (image) => {
      const name = uniqueName("container");
      docker(["create", "--name", name, "--network", "none", image, "/none"]);
      containers.push(name);
      return name;
    },
    extend: (from) => {
      const mine = `${repository}/mine:${randomBytes(4).toString("hex")}`;
      docker(["build", "--tag", mine, "-"], tinyTar("Dockerfile", `FROM ${from}\nLABEL own=1\n`));
      return mine;
    },
    [Symbol.dispose]: () => {
      rmSync(folder, { recursive: true });
      if (containers.length > 0) docker(["rm", "--force", ...containers]);
      const references = docker(["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", `${repository}/*`]);
      const left = references.split("\n").filter((line) => line !== "");
      if (left.length > 0) docker(["image", "rm", "--force", ...left]);
    },
  };
}
