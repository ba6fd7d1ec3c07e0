import type { MessagesRequest, Reply } from "./messages-api.ts";

/** A call of one of the agent's tools. */
export interface ScriptedCall {
  readonly name: string;
  readonly input: Readonly<Record<string, string>>;
}

/** One thing that the scripted model does: asked `prompt`, it calls Bash, then speaks about the result. */
export interface Scene {
  readonly prompt: string;
  readonly command: string;
  /** Calls that follow, each made from the result of the one before. */
  readonly then?: readonly ((result: string) => ScriptedCall)[];
  /** What the model says when it has seen the last result. */
  readonly answer: (result: string) => string;
}

/** What the model says to anything that the script does not know (titles, summaries, warm-ups). */
const ASIDE = "ok";

/** Prefix of the tool calls that the script makes; the number of the scene follows, and of a later call its own. */
const CALL = "toolu_standin";

function callOf(id: string): { readonly number: number; readonly step: number } | null {
  const [, number, step = "0"] = /^toolu_standin(\d+)(?:_(\d+))?$/.exec(id) ?? [];
  return number === undefined ? null : { number: Number(number), step: Number(step) };
}

/**
 * What the scripted model says next. A result of one of its calls ends that scene; otherwise the last
 * prompt of the script that the conversation holds starts one. Deterministic: no state but the request.
 */
export function nextReply(scenes: readonly Scene[], request: MessagesRequest): Reply {
  // What came since the model spoke last: words and results, with words of the system in between.
  const spoken = request.messages.findLastIndex((message) => message.role === "assistant");
  const after = request.messages.slice(spoken + 1).filter(({ role }) => role === "user");
  const news = after.flatMap((message) => message.blocks);
  const answered = news.flatMap((block) => {
    const call = block.type === "tool_result" ? callOf(block.toolUseId) : null;
    return block.type === "tool_result" && call !== null ? [{ ...call, text: block.text }] : [];
  });
  // A conversation that is continued brings its last result along with the new words: a prompt without a result is new.
  const said = news.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n");
  const asked = scenes.findIndex(
    ({ prompt }, number) => said.includes(prompt) && !answered.some((result) => result.number === number),
  );
  const wanted = scenes[asked];
  if (wanted !== undefined && request.tools.includes("Bash")) {
    const input = { command: wanted.command, description: "One step of the demo" };
    return { kind: "tool", id: `${CALL}${asked}`, name: "Bash", input };
  }
  const result = answered.toSorted((a, b) => a.number - b.number).at(-1);
  const scene = result === undefined ? undefined : scenes[result.number];
  const next = result === undefined ? undefined : scene?.then?.[result.step];
  if (result !== undefined && next !== undefined) {
    return { kind: "tool", id: `${CALL}${result.number}_${result.step + 1}`, ...next(result.text) };
  }
  return { kind: "text", text: result === undefined || scene === undefined ? ASIDE : scene.answer(result.text) };
}

/** The result of the command of `scene` in this request, or null when it carries none. */
export function sceneResult(request: MessagesRequest, number: number): string | null {
  for (const message of request.messages) {
    for (const block of message.blocks) {
      if (block.type === "tool_result" && block.toolUseId === `${CALL}${number}`) return block.text;
    }
  }
  return null;
}
