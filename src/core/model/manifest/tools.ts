import { z } from "zod";
import { nearest } from "../../plan/nearest.ts";
import { TOOLCHAINS } from "../../plan/toolchains.ts";
import { fixedPath, judged } from "./words.ts";

const NAMES = Object.keys(TOOLCHAINS);

const folder = z.strictObject({
  path: fixedPath.describe("A folder of this host. Never one with credentials, nor one that contains such a folder."),
  bin: z
    .array(
      judged((text) =>
        /^[^/\0]+(?:\/[^/\0]+)*$/.test(text) && !text.split("/").includes("..")
          ? null
          : "a folder below `path`, or `.`",
      ),
    )
    .max(16)
    .optional()
    .describe("Folders below it that come first on PATH. Default: `bin`."),
});

/** Toolchains by name, and folders by path. */
export const tools = z
  .array(z.union([z.enum(NAMES), folder], { error: toolError }).describe(`One of ${NAMES.join(", ")}; or a folder.`))
  .max(32);

function toolError(issue: { readonly input?: unknown }): string {
  const known = `${NAMES.join(", ")}, or {"path": folder, "bin": [...]}`;
  if (typeof issue.input !== "string") return `expected one of ${known}`;
  const meant = nearest(issue.input, NAMES);
  const hint = meant === null ? `there is: ${known}` : `did you mean ${meant}?`;
  return `no toolchain is called ${JSON.stringify(issue.input.slice(0, 64))}; ${hint}`;
}

/** Caches by the tool whose they are. */
export const caches = z.strictObject({
  go: z
    .literal("read-only")
    .optional()
    .describe("What Go has downloaded on this host, private modules too: looked at before the module proxy is asked."),
});
