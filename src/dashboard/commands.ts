import type { Answer, Field, ItemView } from "./model.ts";

/** How long `A` allows. */
const FOR = "1h";

/** Words of `bottle` that answer an item; what was shown goes along, where it has a code. */
export function answerWords({ id, review, kind, flags }: ItemView, answer: Answer, reason = ""): readonly string[] {
  // The host's last label was typed: that is the yes that flags want.
  const bound = review === null ? [] : ["--review", review, ...(flags.length === 0 ? [] : ["--yes"])];
  const words = kind === "review" || kind === "capability" ? "--words" : "--reason";
  switch (answer) {
    case "once":
      return ["allow", id, ...(reason === "" ? [] : ["--words", reason]), ...bound];
    case "for":
      return ["allow", id, "--for", FOR, ...bound];
    case "bottle":
      return ["allow", id, "--bottle", ...bound];
    case "deny":
      return ["deny", id, ...(reason === "" ? [] : [words === "--words" ? "--reason" : words, reason])];
    case "edit":
      return ["edit", id];
    case "dismiss":
      return ["dismiss", id];
  }
}

/**
 * Words of `bottle` that start what the form says: on a terminal that is held, or headless on its prompt. The prompt goes
 * in as one word, however many lines it has.
 */
export function startWords(values: Readonly<Record<Field, string>>): readonly string[] {
  const { agent, path, prompt, backend, bottle } = values;
  return [
    "start",
    "-d",
    ...(prompt === "" ? [] : [`--prompt=${prompt}`]),
    ...(backend === "" ? [] : [`--backend=${backend}`]),
    ...(bottle === "" || bottle === "default" ? [] : [`--bottle=${bottle}`]),
    // A path that begins with `-` is no option.
    agent,
    ...(path === "" ? [] : [path.startsWith("-") ? `./${path}` : path]),
  ];
}
