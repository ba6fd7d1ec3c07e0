import { readAllowed } from "../audit-view.ts";
import { scenes, WRITTEN_FILE, WRITTEN_TEXT } from "../scenes.ts";
import { sceneResult } from "../script.ts";
import type { DemoBottle, ProbeResult } from "../session-port.ts";
import { MODEL_HOST, type Seen } from "../stand-in.ts";

export const TURN = "a whole agent turn";

/** Prompt in, Bash call, file in the workspace, result back, final text out. `seen` is null when the model is the real one. */
export async function probeTurn(bottle: DemoBottle, seen: readonly Seen[] | null): Promise<ProbeResult> {
  const started = performance.now();
  const run = await bottle.runAgent(scenes.write.prompt);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const words = run.stdout.toString("utf8").trim();
  const file = await bottle.exec(["/bin/cat", WRITTEN_FILE]);
  const written = file.code === 0 && file.stdout.toString("utf8") === `${WRITTEN_TEXT}\n`;
  const allowed = readAllowed(await bottle.audit(), MODEL_HOST, "POST", "/v1/messages");
  const returned =
    seen === null ||
    seen.some(({ status, request }) => status === 200 && request !== null && sceneResult(request, 0) !== null);
  const ok = run.code === 0 && words.includes(WRITTEN_TEXT) && written && allowed >= 2 && returned;
  const evidence = [
    `exit ${run.code} after ${seconds} s; the agent said: ${oneLine(words === "" ? run.stderr.toString("utf8") : words)}`,
    written ? `${WRITTEN_FILE} is in the workspace` : `${WRITTEN_FILE} is not in the workspace`,
    `${allowed} requests to ${MODEL_HOST} allowed over intercepted TLS`,
    ...(seen === null
      ? []
      : [returned ? "the tool's result came back to the model" : "no result came back to the model"]),
  ];
  return { name: TURN, ok, evidence };
}

const oneLine = (text: string): string => {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 160 ? `${line.slice(0, 160)} ...` : line;
};
