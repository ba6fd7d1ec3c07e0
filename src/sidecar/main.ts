/**
 * The process that runs a bottle's services where the bottle can reach them and the host process cannot: in a container
 * beside the cage. Its stdin and stdout are the control stream. It mounts nothing of the host's, keeps secrets in memory
 * only, and when the stream ends it denies everything and ends. `BOT_BOTTLE_SERVICES` names the services.
 * Exit codes: 0 asked to end, or the host process is gone; 2 it was started wrongly; 70 a bug.
 */
import { CONTROL_PROTOCOL } from "../core/model/control-message.ts";
import { readChosenServices, SERVICES_VARIABLE } from "./chosen-services.ts";
import { crashWords } from "./crash-words.ts";
import type { Egress } from "./egress.ts";
import { type HostOrder, openHostStream } from "./host-stream.ts";

const say = (line: string) => process.stderr.write(`bottle sidecar: ${line}\n`);
const chosen = readChosenServices(process.env[SERVICES_VARIABLE]);
if (!chosen.ok) {
  say(chosen.problem);
  process.exit(2);
}
const idle = chosen.services.length === 0;
if (idle) say(`${SERVICES_VARIABLE} names no service: idle`);

let egress: Egress | null = null;
let ending = false;
/** One order is carried out after the other; what fails ends the process, which denies. */
let last: Promise<void> = Promise.resolve();

process.on("uncaughtException", (error) => {
  say(`internal error: ${crashWords(error)}`);
  process.exit(70);
});
process.on("SIGTERM", () => void end("asked to end"));

const stream = openHostStream(
  process.stdin,
  process.stdout,
  (order) => {
    last = last.then(() => obey(order)).catch((error: unknown) => end(wordsOf(error), 2));
  },
  (why) => void end(why),
);

async function obey(order: HostOrder): Promise<void> {
  if (order.type === "close") return end("asked to end");
  if (egress !== null) return egress.obey(order);
  if (order.type !== "start") throw new Error(`${order.type} before the start`);
  const refuse = (why: string): Promise<void> => {
    stream.say({ type: "failed", why: why.slice(0, 1000) });
    return end(why, 2);
  };
  if (idle) return refuse("no service is chosen");
  if (order.protocol !== CONTROL_PROTOCOL) return refuse(`it speaks form ${CONTROL_PROTOCOL} of the control stream`);
  try {
    const { serveEgress } = await import("./egress.ts");
    egress = await serveEgress(order, stream);
  } catch (error) {
    return refuse(wordsOf(error));
  }
}

/** Denies what is there and ends: the last lines are written when there is somebody to write them. */
async function end(why: string, code = 0): Promise<void> {
  if (ending) return;
  ending = true;
  say(why);
  await egress?.close();
  stream.say({ type: "closed" });
  process.exit(code);
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown error";
}
