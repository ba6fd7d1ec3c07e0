import { type Step, say } from "../events.ts";
import type { Model, Prompt } from "../model.ts";
import { settled } from "../rows.ts";
import { tagsIn, withTags } from "../tags.ts";
import { inserted, typed } from "../text-field.ts";
import { answered } from "./acting.ts";
import { command } from "./command-line.ts";
import { LABELS } from "./prompt.ts";
import { removal } from "./removals.ts";

/** What was pasted into a line: its first line, since Enter would be a yes. */
export function promptPaste(model: Model, text: string): Model {
  const { prompt } = model;
  if (prompt === null || prompt.ask === "stop") return model;
  const [first = ""] = text.split(/[\r\n]/);
  return filtered({ ...model, prompt: inserted(prompt, first) });
}

/** A key while a line is typed. */
export function promptKey(model: Model, prompt: Prompt, key: string): Step {
  const closed = { ...model, prompt: null };
  if (key === "esc" || key === "ctrl-c") {
    if (prompt.ask === "filter") return [settled({ ...closed, filter: "" }), []];
    if (prompt.ask === "page-filter" && closed.page !== null) {
      return [{ ...closed, page: { ...closed.page, filter: "" } }, []];
    }
    return [closed, []];
  }
  if (prompt.ask === "stop") return stop(closed, prompt, key);
  if (key === "enter") return entered(closed, prompt);
  if (key === "backspace" && prompt.text === "" && LABELS[prompt.ask] !== undefined) return [closed, []];
  const next = typed(prompt, key);
  return [next === null ? model : filtered({ ...model, prompt: next }), []];
}

/** The list, or the page, is filtered while the words are typed. */
function filtered(model: Model): Model {
  const { prompt, page } = model;
  if (prompt?.ask === "filter") return settled({ ...model, filter: prompt.text, top: 0 });
  if (prompt?.ask === "page-filter" && page !== null) {
    return { ...model, page: { ...page, filter: prompt.text, top: 0 } };
  }
  return model;
}

/** One key is the answer. */
function stop(model: Model, { bottle }: Prompt, key: string): Step {
  if (bottle === null || key !== "y") return [say(model, "nothing was stopped"), []];
  const purpose = { for: "act", what: `${bottle} is stopped` } as const;
  return [
    say({ ...model, busy: model.busy + 1 }, `${bottle} is being stopped`),
    [{ do: "run", words: ["stop", bottle], purpose }],
  ];
}

function entered(model: Model, prompt: Prompt): Step {
  const { ask, text, item, bottle, answer } = prompt;
  switch (ask) {
    case "command":
      return command(model, text);
    case "reply":
      return item === null ? [model, []] : answered(model, item, "once", text.trim());
    case "deny":
      return item === null ? [model, []] : answered(model, item, "deny", text.trim());
    case "confirm": {
      if (item === null || answer === null) return [model, []];
      const wanted = item.label === "" ? "yes" : item.label;
      if (text.trim() !== wanted) return [say(model, `nothing was allowed: that is not ${wanted}`, true), []];
      return answered(model, item, answer, "");
    }
    case "tag": {
      if (bottle === null) return [model, []];
      const kept = withTags(model.kept, bottle, tagsIn(text));
      return [settled({ ...model, kept }), [{ do: "save", kept }]];
    }
    case "remove":
      if (bottle === null || text.trim() !== bottle)
        return [say(model, "nothing is removed: that is not its name", true), []];
      return removal(model, bottle);
    default:
      return [model, []];
  }
}
