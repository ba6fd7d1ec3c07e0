import { z } from "zod";
import { isFixedPath } from "../../plan/home-path.ts";
import { NOTICE_KINDS } from "../notice.ts";
import { size } from "./words.ts";

/** What the operator is told of. */
export const notify = z
  .strictObject({
    command: z
      .array(z.string().max(4096))
      .min(1)
      .max(64)
      .optional()
      .describe(
        "A program (by its path) and its arguments, run without a shell for at most 10 s for each notice; variables `BOTTLE_EVENT`, `BOTTLE_NAME`, `BOTTLE_TEXT`, `BOTTLE_COMMAND`, `BOTTLE_EXIT` and `BOTTLE_MORE` say what, and so does a line of JSON on stdin. Default: none.",
      ),
    events: z.array(z.enum(NOTICE_KINDS)).max(16).optional().describe("What is told. Default: all."),
    terminal: z
      .boolean()
      .optional()
      .describe("Tell terminals that show the bottle too, by OSC 9, which desktops show. Default: true."),
    stallMinutes: z
      .number()
      .min(0.01)
      .max(10_080)
      .optional()
      .describe("An agent that neither printed nor asked the gateway for so long has stalled. Default: 10."),
    diskFree: size.optional().describe("The disk is low when less is free where bottles are kept. Default: `1G`."),
  })
  .superRefine(({ command }, context) => {
    const program = command?.[0];
    if (program !== undefined && !isFixedPath(program)) {
      context.addIssue({
        code: "custom",
        path: ["command", 0],
        message: 'a program is named by its path, from "/" or "~/"',
      });
    }
  });
