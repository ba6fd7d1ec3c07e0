import { Secret } from "../../core/model/secret.ts";
import { searchFor } from "../../session/secret-search.ts";
import { EVERYTHING_PROGRAM } from "../inside/everything.ts";
import { type MemoryReport, readMemoryReport } from "../inside/memory.ts";
import { GO_ON, MEMORY_REPORT, scenes } from "../scenes.ts";
import type { DemoBottle, ProbeResult } from "../session-port.ts";
import type { Seen } from "../stand-in.ts";

export const PLACEHOLDER_ONLY = "only the placeholder inside";

const REAL = "real";
const PLACEHOLDER = "placeholder";

/**
 * While the agent runs, all that can be read inside is streamed out and searched here for the real credential in all
 * its encoded forms; the placeholder must be found in the same stream, else the search itself was blind. The agent's
 * memory is searched from inside, by shape. The stand-in must have seen the real one, and never the placeholder.
 */
export async function probePlaceholderOnly(
  bottle: DemoBottle,
  credential: string,
  seen: readonly Seen[],
): Promise<ProbeResult> {
  const agent = bottle.runAgent(scenes.hold.prompt);
  // The run is awaited below; until then its failure is not unhandled.
  agent.catch(() => undefined);
  const wait = `i=0; while [ ! -e ${MEMORY_REPORT} ] && [ $i -lt 300 ]; do sleep 0.05; i=$((i+1)); done; cat ${MEMORY_REPORT}`;
  const memory = readMemoryReport((await bottle.exec(["/bin/sh", "-c", wait])).stdout.toString("utf8"));
  const search = searchFor([new Secret(REAL, credential), new Secret(PLACEHOLDER, bottle.placeholder)]);
  const found = new Set<string>();
  const scan = await bottle.exec(["/usr/bin/perl", "-"], {
    stdin: Buffer.from(EVERYTHING_PROGRAM),
    onStdout: (chunk) => {
      for (const name of search.push(chunk)) found.add(name);
    },
  });
  await bottle.exec(["/bin/touch", GO_ON]);
  const run = await agent;

  const count = (name: string) =>
    Number(new RegExp(`^${name}=(\\d{1,12})$`, "m").exec(scan.stderr.toString("utf8"))?.[1]);
  const messages = seen.filter(({ path }) => path.startsWith("/v1/messages"));
  const real = messages.filter(({ authorization }) => authorization === `Bearer ${credential}`).length;
  const leaked = seen.filter(({ raw }) => raw.includes(bottle.placeholder)).length;
  const others = memory?.found.filter((value) => !isCopyOf(bottle.placeholder, value)) ?? [];
  const clean = memory !== null && others.length === 0 && (!memory.readable || memory.found.length > 0);
  const ok =
    run.code === 0 &&
    scan.code === 0 &&
    found.has(PLACEHOLDER) &&
    !found.has(REAL) &&
    clean &&
    messages.length > 0 &&
    real === messages.length &&
    leaked === 0;
  return {
    name: PLACEHOLDER_ONLY,
    ok,
    evidence: [
      `inside: ${found.has(PLACEHOLDER) ? masked(bottle.placeholder) : "no placeholder"}${found.has(REAL) ? " AND THE REAL ONE" : ", nothing else"} in env, ${count("files")} files and /proc of ${count("processes")} processes (${Math.round(count("bytes") / 1024)} KiB searched)`,
      memoryLine(memory, others),
      `the model's side saw ${masked(credential)} in ${real} of ${messages.length} requests, the placeholder in ${leaked}`,
    ],
  };
}

function memoryLine(memory: MemoryReport | null, others: readonly string[]): string {
  if (memory === null) return "the agent's memory could not be searched";
  if (!memory.readable) return "the agent's memory is closed to its own tools by the kernel (Yama)";
  const seen = others.length === 0 ? "nothing but the placeholder" : `ALSO ${others.map(masked).join(", ")}`;
  return `the agent's memory (${memory.mebibytes} MiB): ${memory.found.length === 0 ? "no placeholder" : seen}`;
}

/** The longest beginning that two credentials of the provider have in common by their kind (`sk-ant-oat01-`), and then some. */
const TELLING = 30;

/** True for the placeholder and for what is left of a freed copy of it. */
const isCopyOf = (placeholder: string, value: string): boolean =>
  value.slice(0, TELLING) === placeholder.slice(0, TELLING);

/** First and last characters: enough to tell two credentials apart in a table. */
const masked = (value: string): string => `${value.slice(0, 17)}...${value.slice(-4)}`;
