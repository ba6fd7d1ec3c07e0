import type { BackendOptions } from "../../core/model/plan.ts";
import { type Engine, engineHere } from "./engine.ts";
import { type EngineFacts, engineEndpoint, engineFacts } from "./engine-facts.ts";
import { defaultImage, findImage, type Image } from "./image.ts";

/** What is asked of an engine before a container is made there. */
export interface Briefing {
  readonly about: EngineFacts;
  readonly endpoint: string;
}

/** How long an answer counts: a start asks the same several times, each a client process and a turn of the engine. */
const MOMENT_MS = 3_000;

const answers = new Map<string, { readonly answer: Promise<unknown>; readonly until: number }>();

/** The answer to this question as it was within the last moment, or is being given. A failure counts for nobody else. */
function lately<T>(question: string, engine: Engine, ask: () => Promise<T>): Promise<T> {
  const key = JSON.stringify([question, engine]);
  const known = answers.get(key);
  // The key names what was asked, so the answer is of that shape.
  if (known !== undefined && performance.now() < known.until) return known.answer as Promise<T>;
  const answer = ask();
  const entry = { answer, until: performance.now() + MOMENT_MS };
  answers.set(key, entry);
  answer.catch(() => {
    if (answers.get(key) === entry) answers.delete(key);
  });
  return answer;
}

/** Rejects with HOST_UNFIT and the mend when the engine does not answer. */
export async function briefing(engine: Engine): Promise<Briefing> {
  const [about, endpoint] = await Promise.all([
    lately("facts", engine, () => engineFacts(engine)),
    lately("endpoint", engine, () => engineEndpoint(engine)),
  ]);
  return { about, endpoint };
}

/** As `findImage`, or `defaultImage` for null. */
export function briefedImage(engine: Engine, name: string | null): Promise<Image> {
  return name === null
    ? lately(`image ${process.env.BOT_BOTTLE_IMAGE ?? ""}`, engine, () => defaultImage(engine, process.env))
    : lately(`image named ${name}`, engine, () => findImage(engine, name));
}

/** Asks what `create` will ask in a moment, so that it has the answers at once. What fails shows there. */
export function warm({ image }: Pick<BackendOptions, "image">): void {
  try {
    const engine = engineHere();
    briefing(engine).catch(() => {});
    briefedImage(engine, image).catch(() => {});
  } catch {
    // No docker: `create` says so.
  }
}
