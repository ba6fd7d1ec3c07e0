import { printable, printableJson } from "../core/wire/printable.ts";
import { dismiss as dismissItems } from "../session/inbox.ts";
import { requestId } from "./approvals.ts";
import { sessionContext } from "./session-context.ts";
import { text, type VerbRun } from "./verb.ts";

/** `bottle dismiss`: an incident, or all of a bottle, was seen. */
export const dismiss: VerbRun = async (input, io) => {
  const gone = await dismissItems(requestId(input.positionals), sessionContext(io));
  if (text(input, "format") === "json") {
    io.out(
      `${printableJson(
        gone.map(({ bottle, id, kind }) => ({ bottle, id, kind })),
        2,
      )}\n`,
    );
  } else if (gone.length === 0) io.say("nothing was there to dismiss");
  else io.out(gone.map(({ id, title }) => `${printable(`dismissed ${id}: ${title}`)}\n`).join(""));
  return 0;
};
