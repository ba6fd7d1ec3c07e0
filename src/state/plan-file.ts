import { BottleError } from "../core/model/errors.ts";
import type { BottlePlan } from "../core/model/plan.ts";
import { type Check, type Fields, isFlag, isText, listOf, mapOf, orNull } from "../core/plan/checks.ts";
import { isFields } from "../core/plan/fields.ts";
import { readTextFile } from "../host/files.ts";
import { bottlePaths, type Layout } from "./layout.ts";

const isNumber: Check = (value) => typeof value === "number" && Number.isFinite(value);
const fields =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isFields(value) && Object.entries(checks).every(([key, check]) => check(value[key]));

const texts = listOf(isText);
const rule = fields({
  id: isText,
  host: isText,
  port: isNumber,
  scheme: isText,
  mode: isText,
  methods: orNull(texts),
  paths: orNull(texts),
  body: orNull(fields({ shape: isText, allowProviderTools: texts })),
  websocket: isFlag,
  maxRequestBytes: orNull(isNumber),
  dial: orNull(fields({ kind: isText })),
});

/** What printing a plan relies on; the rest is kept as it stands. */
const PLAN: Readonly<Record<string, Check>> = {
  name: isText,
  backend: isText,
  agent: fields({
    name: isText,
    provider: isText,
    binary: fields({ path: isText, version: isText, origin: isText }),
    command: fields({ argv: texts }),
    headless: isFlag,
  }),
  workspace: fields({ mode: isText, host: isText, guest: isText }),
  mounts: listOf(fields({ host: isText, guest: isText })),
  env: mapOf(isText),
  envFromHost: listOf(fields({ name: isText, variable: isText, expose: isFlag })),
  envAsked: listOf(fields({ name: isText, question: isText })),
  limits: fields({ memoryBytes: isNumber, cpus: isNumber, pids: isNumber, tmpBytes: isNumber }),
  rules: listOf(rule),
  credentials: listOf(fields({ name: isText, hosts: texts, placeholder: isText, scheme: fields({ kind: isText }) })),
  secrets: listOf(fields({ credential: isText, source: fields({ kind: isText }) })),
  files: listOf(fields({ path: isText, mode: isNumber })),
  setup: fields({
    brought: listOf(fields({ what: isText, from: isText, files: isNumber, bytes: isNumber })),
    leftOut: texts,
    notes: texts,
    watched: texts,
  }),
  labels: mapOf(isText),
  risks: texts,
};

/** Larger than any plan: prompts and seeded files are in it. */
const MAX_BYTES = 16 << 20;

/** The plan with which a bottle was started. Errors: STATE_UNUSABLE when it is not there or no plan. */
export async function readPlan(layout: Layout, name: string): Promise<BottlePlan> {
  const { plan: path } = bottlePaths(layout, name);
  const unusable = (why: string) =>
    new BottleError("STATE_UNUSABLE", `${path} ${why}`, { hint: `bottle rm ${name} archives what there is` });
  const file = await readTextFile(path, { followLinks: false, maxBytes: MAX_BYTES });
  if (file.kind === "missing") throw unusable("is missing: the start came not that far");
  if (file.kind === "unreadable") throw unusable(file.why);
  let value: unknown;
  try {
    value = JSON.parse(file.text);
  } catch {
    throw unusable("is not JSON");
  }
  if (!isFields(value) || value.schema !== 1) throw unusable("is no plan of schema 1, which this bot-bottle reads");
  const wrong = Object.entries(PLAN).find(([key, check]) => !check((value as Fields)[key]));
  if (wrong !== undefined) throw unusable(`has no usable ${wrong[0]}`);
  if (value.name !== name) throw unusable("is of another bottle");
  return value as Fields & BottlePlan;
}
