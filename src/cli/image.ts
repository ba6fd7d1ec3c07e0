import { BACKEND_NAMES, loadBackend } from "../backends/builtins.ts";
import type { ImageEntry, ImageStore } from "../backends/image-store.ts";
import { BottleError } from "../core/model/errors.ts";
import { IMAGE_NAMES, imageOrder } from "../session/images.ts";
import type { Io } from "./io.ts";
import { report } from "./report.ts";
import { sessionContext } from "./session-context.ts";
import { age, table } from "./table.ts";
import { flag, text, type VerbInput, type VerbRun } from "./verb.ts";

type Action = (store: ImageStore, input: VerbInput, io: Io) => Promise<number>;

/** `bottle image build|ls|prune`: the images of the engine that containers of bottles are made from. */
export const image: VerbRun = async (input, io) => {
  const [word = "", ...names] = input.positionals;
  const action = Object.hasOwn(ACTIONS, word) ? ACTIONS[word] : undefined;
  if (action === undefined) {
    throw new BottleError("USAGE", `bottle image cannot ${word}`, {
      hint: `it takes one of: ${Object.keys(ACTIONS).join(", ")}`,
    });
  }
  if (word !== "build" && names.length > 0) {
    throw new BottleError("USAGE", `bottle image ${word} takes no names; ${names.join(" ")} is one too many`);
  }
  return action(await imageStore(io.env), input, io);
};

/** Of the first backend that has images. */
async function imageStore(env: Io["env"]): Promise<ImageStore> {
  for (const name of BACKEND_NAMES) {
    const store = (await loadBackend(name)).images?.(env);
    if (store !== undefined) return store;
  }
  throw new BottleError("INVARIANT", "no backend has images");
}

/** Those named, or all; what was there is not built again. */
async function build(store: ImageStore, input: VerbInput, io: Io): Promise<number> {
  const [, ...named] = input.positionals;
  const names = [...new Set(named.length === 0 ? IMAGE_NAMES : named)];
  const unknown = names.find((name) => !IMAGE_NAMES.includes(name));
  if (unknown !== undefined) {
    throw new BottleError("USAGE", `there is no image called ${unknown}`, {
      hint: `the images are ${IMAGE_NAMES.join(", ")}`,
    });
  }
  const context = sessionContext(io);
  const options = {
    base: text(input, "base") ?? null,
    offline: flag(input, "offline"),
    fresh: flag(input, "fresh"),
    say: (line: string) => io.say(`  ${line}`),
    signal: io.signal,
  };
  const architecture = await store.architecture();
  const results: { image: ImageEntry; built: boolean }[] = [];
  for (const name of names) {
    const result = await store.build(await imageOrder(name, architecture, context), options);
    io.say(`bottle: ${result.image.reference} ${result.built ? "is built" : "was there already"}`);
    results.push(result);
  }
  const json = results.map((result) => ({ ...result.image, built: result.built }));
  if (text(input, "format") === "json") io.out(`${JSON.stringify(json, null, 2)}\n`);
  else io.out(results.map((result) => `${result.image.reference}\n`).join(""));
  return 0;
}

async function ls(store: ImageStore, input: VerbInput, io: Io): Promise<number> {
  const entries = await store.list();
  if (text(input, "format") === "json") {
    io.out(`${JSON.stringify(entries, null, 2)}\n`);
    return 0;
  }
  const now = Date.now();
  io.out(
    table(
      ["IMAGE", "ID", "VERSION", "SIZE", "AGE", "STATE"],
      entries.map(({ reference, id, version, bytes, createdAt, current, used }) => [
        reference,
        id.replace("sha256:", "").slice(0, 12),
        version,
        size(bytes),
        age(now - Date.parse(createdAt)),
        [current ? "current" : "old", ...(used ? ["used"] : [])].join(", "),
      ]),
    ),
  );
  return 0;
}

/** One that cannot be removed keeps no other from going. */
async function prune(store: ImageStore, input: VerbInput, io: Io): Promise<number> {
  const dryRun = flag(input, "dryRun");
  const results: { reference: string; kind: string; bytes: number; removed: boolean }[] = [];
  let worst = 0;
  for (const entry of await store.prunable(flag(input, "all"), Date.now())) {
    try {
      if (!dryRun) await store.remove(entry);
      results.push({ ...entry, removed: !dryRun });
    } catch (error) {
      worst = Math.max(worst, report(error, io));
    }
  }
  if (text(input, "format") === "json") io.out(`${JSON.stringify(results, null, 2)}\n`);
  else if (results.length > 0) {
    io.out(
      table(
        [dryRun ? "WOULD REMOVE" : "REMOVED", "KIND", "SIZE"],
        results.map(({ reference, kind, bytes }) => [reference, kind, size(bytes)]),
      ),
    );
  } else if (worst === 0) io.say(dryRun ? "no image to remove" : "no image was left to remove");
  return worst;
}

const ACTIONS: Readonly<Record<string, Action>> = { build, ls, prune };

const size = (bytes: number): string => `${(bytes / (1 << 20)).toFixed(bytes < 100 << 20 ? 1 : 0)} MiB`;
