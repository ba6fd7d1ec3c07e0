import { z } from "zod";
import { CONFIG_PARTS } from "../setup.ts";
import { gitRepository } from "./git-repository.ts";
import { judged, name } from "./words.ts";

/** An argument takes at most 128 KiB (MAX_ARG_STRLEN, execve(2)), and a character may take four bytes. */
export const LONGEST_ARGUMENT = 30_000;

/** Where something of the manifest's own lies: relative to it, absolute, or below the home folder. */
const sourcePath = judged((text) => {
  if (text === "" || text.length > 4096 || text.includes("\0")) return "not a path";
  return text.split("/").includes("..") ? 'a path has no ".." in it' : null;
});

/** `agents.<name>.prompt` */
export const prompt = z
  .union(
    [
      z.string().max(LONGEST_ARGUMENT),
      z.strictObject({
        file: sourcePath.describe(
          "File with the text: absolute, `~/`, or relative to the manifest (in a project's file: inside the project).",
        ),
      }),
    ],
    { error: 'expected text, or {"file": path}' },
  )
  .describe("Standing instructions for the agent: the text, or a file that holds it.");

/** `agents.<name>.skills` */
export const skills = z
  .array(sourcePath)
  .max(64)
  .describe(
    "Skills that the agent gets: folders with a `SKILL.md`, or single `.md` files; absolute, `~/`, or relative to the manifest (in a project's file: inside the project).",
  );

/** `agents.<name>.config` */
export const config = z
  .array(z.enum(CONFIG_PARTS))
  .max(CONFIG_PARTS.length)
  .describe(
    "Parts of your own configuration of this agent that it gets a copy of, secrets left out. Changes inside are never written back. Default: none.",
  );

const identityText = judged((text) => {
  if (text.trim() === "" || text.length > 256) return "1 to 256 characters";
  return /[\p{Cc}<>]/u.test(text) ? "no control characters and no < >" : null;
});

/** `bottles.<name>.git` */
export const git = z
  .strictObject({
    identity: z
      .enum(["host", "none"])
      .optional()
      .describe("`host` (default): the agent commits under your name as git knows it here. `none`: under no name."),
    name: identityText.optional().describe("`user.name` inside, instead of yours."),
    email: identityText.optional().describe("`user.email` inside, instead of yours."),
    repos: z
      .record(name, gitRepository)
      .optional()
      .describe("Repositories that the bottle's git reaches through the git gate, which judges every push."),
  })
  .describe("Who the agent commits as, and which repositories it reaches.");
