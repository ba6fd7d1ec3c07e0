import { BottleError } from "../../../core/model/errors.ts";
import { printable } from "../../../core/wire/printable.ts";

/** How an operator gets an image that machines can be made from. */
export const SAVE_HINT =
  "save the agent's with `docker image save -o /absolute/path.tar IMAGE`, and name that file, or the engine's image itself";

/** HOST_UNFIT for a file that is no image, or a damaged one. `problem` is half a sentence; its text is escaped here. */
export function badImage(path: string, problem: string, hint = "save it again: docker image save -o FILE IMAGE") {
  return new BottleError("HOST_UNFIT", `${printable(path)} is no image for a machine: ${printable(problem, 500)}`, {
    hint,
    facts: { finding: "image-unusable" },
  });
}
