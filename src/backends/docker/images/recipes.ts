import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BottleError } from "../../../core/model/errors.ts";
import { type ImageOrder, SIDECAR } from "../../image-store.ts";
import { ownCode, PACKAGE_ROOT } from "./own-code.ts";
import type { ContextFile, Recipe } from "./recipe.ts";

/** The recipe of one of our images: its Dockerfile in `images/NAME`, and the program that the order brings. */
export function recipeOf({ name, program }: ImageOrder): Recipe {
  const content = { path: program.path, identity: program.identity };
  const kind = name === SIDECAR ? "sidecar" : "agent";
  const files: readonly ContextFile[] =
    kind === "sidecar"
      ? [{ path: "node", mode: 0o755, content }, ...ownCode("app")]
      : [{ path: `program/${name}`, mode: 0o755, content }];
  return { name, kind, dockerfile: dockerfileOf(name), files };
}

function dockerfileOf(name: string): string {
  try {
    return readFileSync(join(PACKAGE_ROOT, "images", name, "Dockerfile"), "utf8");
  } catch (cause) {
    throw new BottleError("USAGE", `there is no image called ${name}`, {
      hint: "bottle image build --help names those that there are",
      cause,
    });
  }
}
