import type { Answer, Field, ItemView } from "./model.ts";

/** How long `A` allows. */
const FOR = "1h";

const AS = ["--as", "dashboard"];

/** Words of `bottle` that answer an item; what was shown goes along, where it has a code. */
export function answerWords({ id, review, flags }: ItemView, answer: Answer, reason = ""): readonly string[] {
  const codes = flags.filter(({ stops }) => stops).map(({ code }) => code);
  // The host's last label was typed: that is the yes that flags want.
  const accepted = codes.length === 0 ? [] : ["--accept", codes.join(",")];
  const bound = [...(review === null ? [] : ["--review", review]), ...accepted, ...AS];
  switch (answer) {
    case "once":
      return ["allow", id, ...(reason === "" ? [] : [`--words=${reason}`]), ...bound];
    case "for":
      return ["allow", id, "--for", FOR, ...bound];
    case "bottle":
      return ["allow", id, "--bottle", ...bound];
    case "deny":
      return ["deny", id, ...(reason === "" ? [] : [`--reason=${reason}`]), ...AS];
    case "edit":
      return ["edit", id, ...(review === null ? [] : ["--review", review]), ...AS];
    case "dismiss":
      return ["dismiss", id];
  }
}

/** Words of `bottle` that take back what was answered. */
export function undoWords(item: string): readonly string[] {
  return ["undo", item, ...AS];
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
