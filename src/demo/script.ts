import type { MessagesRequest, Reply } from "./messages-api.ts";

/** One thing that the scripted model does: asked `prompt`, it calls Bash once, then speaks about the result. */
export interface Scene {
  readonly prompt: string;
  readonly command: string;
  /** What the model says when it has seen the result of the command. */
  readonly answer: (result: string) => string;
}

/** What the model says to anything that the script does not know (titles, summaries, warm-ups). */
const ASIDE = "ok";

/** Prefix of the tool calls that the script makes; the number of the scene follows. */
const CALL = "toolu_standin";

/**
 * What the scripted model says next. A result of one of its calls ends that scene; otherwise the last
 * prompt of the script that the conversation holds starts one. Deterministic: no state but the request.
 */
export function nextReply(scenes: readonly Scene[], request: MessagesRequest): Reply {
  // What came since the model spoke last: words and results, with words of the system in between.
  const spoken = request.messages.findLastIndex((message) => message.role === "assistant");
  const news = request.messages.slice(spoken + 1).flatMap((message) => message.blocks);
  for (const block of news) {
    if (block.type !== "tool_result" || !block.toolUseId.startsWith(CALL)) continue;
    const scene = scenes[Number(block.toolUseId.slice(CALL.length))];
    if (scene !== undefined) return { kind: "text", text: scene.answer(block.text) };
  }
  const said = news.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n");
  const number = scenes.findIndex((scene) => said.includes(scene.prompt));
  const scene = scenes[number];
  if (scene === undefined || !request.tools.includes("Bash")) return { kind: "text", text: ASIDE };
  const input = { command: scene.command, description: "One step of the demo" };
  return { kind: "tool", id: `${CALL}${number}`, name: "Bash", input };
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
