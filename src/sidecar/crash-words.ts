import { basename } from "node:path";

/**
 * PURE: what may be told of an error that nobody caught: its name and where it was thrown. Its message stays here, since
 * it may hold what the agent or an upstream sent.
 */
export function crashWords({ name, message, stack = "" }: Error): string {
  // The stack begins with the message, which may look like more of it.
  const frames = stack.slice(stack.indexOf(message) + message.length);
  const places = [...frames.matchAll(/^ {4}at .*?([^\s()]+):(\d+):\d+\)?$/gm)].slice(0, 3);
  const where = places.map(([, file = "", line = ""]) => `${basename(file)}:${line}`);
  return where.length === 0 ? name : `${name} at ${where.join(" < ")}`;
}
