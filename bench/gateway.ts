import { type Contestant, contestants } from "./gateway/contestants.ts";
import { type LoadClient, openClient, requestText } from "./gateway/load.ts";
import type { BenchOptions, BenchRow, BenchSection } from "./measure.ts";
import { spread } from "./measure.ts";

/** Clients at once, requests of one round, rounds per proxy, MiB of one bulk download. */
const CLIENTS = 16;
const REQUESTS = 2000;
const ROUNDS = 5;
const BULK_MIB = 128;
const PROMPT_BYTES = 64 * 1024;

interface Sample {
  /** Requests or MiB per second of wall clock, and per second of the proxy's CPU. */
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

/**
 * The gateway against the least that Node and undici can do, against mitmproxy where it is installed and against the
 * proxy of sandbox-runtime when it is asked for. Every proxy is one process; origin and load share the other core, so
 * requests per second of the proxy's own CPU are the figure that ratios are made of.
 */
export async function rows(options: BenchOptions): Promise<BenchSection> {
  const field = await contestants(options);
  try {
    const rivals = [await field.openMitmdump(), await field.openSrt()].filter((it) => it !== null);
    const rows: BenchRow[] = [];
    const compare = async (what: string, kinds: readonly string[], unit: string, budget: string, run: Round) => {
      options.say(what);
      const ours = await Promise.all(kinds.map(field.open));
      const proxies = [...ours, ...(unit === "MiB" ? [] : rivals)];
      const samples = await inTurns(proxies, run);
      const [bare] = proxies;
      for (const proxy of proxies) {
        const mine = samples.get(proxy) ?? [];
        const cpu = spread(mine.map((sample) => sample.perCpuSecond));
        const wall = spread(mine.map((sample) => sample.perSecond));
        const base = spread((samples.get(bare ?? proxy) ?? []).map((sample) => sample.perCpuSecond)).median;
        rows.push({
          what: `${what}: ${proxy.name}`,
          value: `${cpu.median.toFixed(0)} ${unit} per CPU second (${cpu.low.toFixed(0)} to ${cpu.high.toFixed(0)}), ${wall.median.toFixed(0)} per second`,
          ...(proxy === bare ? {} : { ratio: `${(cpu.median / base).toFixed(2)}x of ${bare?.name}` }),
          ...(proxy.name.startsWith("gateway") ? { budget } : {}),
          n: cpu.n,
        });
      }
      for (const proxy of ours) proxy.stop();
    };
    const inspectors = ["bare inspect", "gateway inspect", "gateway inspect, credential"];
    const goal = ">= 0.8x bare, >= 10x mitmdump";
    await compare("1 KiB, keep-alive", inspectors, "requests", goal, requestsOf("/", 0, REQUESTS));
    const prompts = requestsOf("/v1/messages", PROMPT_BYTES, REQUESTS / 4);
    await compare("64 KiB prompt", inspectors, "requests", "", prompts);
    await compare(`${BULK_MIB} MiB down`, ["bare inspect", "gateway inspect"], "MiB", "", bulk);
    await compare(`${BULK_MIB} MiB down, spliced`, ["bare splice", "gateway splice"], "MiB", ">= 0.8x bare", bulk);
    const how = `${CLIENTS} clients, ${ROUNDS} rounds in turns, every proxy a process of its own; the gateway writes its audit log to disk.`;
    return { title: "Gateway", rows, notes: [how, ...field.notes] };
  } finally {
    field.close();
  }
}

/** One round against one proxy; resolves how many units were moved. */
type Round = (proxy: Contestant, clients: readonly LoadClient[]) => Promise<number>;

function requestsOf(path: string, bodyBytes: number, count: number): Round {
  return async (proxy, clients) => {
    const text = requestText(path, proxy.host, bodyBytes);
    let left = count;
    await Promise.all(
      clients.map(async (client) => {
        while (left > 0) {
          left -= 1;
          await client.request(text);
        }
      }),
    );
    return count;
  };
}

const bulk: Round = async (proxy, [client]) => {
  const bytes = (await client?.request(requestText(`/bulk/${BULK_MIB}`, proxy.host))) ?? 0;
  return bytes / 1024 / 1024;
};

/** Rounds of all proxies in turns, so that a noisy moment hits all of them; a round before them does not count. */
async function inTurns(proxies: readonly Contestant[], run: Round): Promise<Map<Contestant, Sample[]>> {
  const samples = new Map<Contestant, Sample[]>(proxies.map((proxy) => [proxy, []]));
  const clients = new Map<Contestant, LoadClient[]>();
  for (const proxy of proxies) {
    const mine = await Promise.all(Array.from({ length: CLIENTS }, () => openClient(proxy)));
    clients.set(proxy, mine);
    // At once: a connection on which nothing was asked yet is cut after a few seconds.
    await run(proxy, mine);
  }
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const proxy of proxies) {
      const mine = await Promise.all(
        (clients.get(proxy) ?? []).map((client) => (client.isOpen() ? client : openClient(proxy))),
      );
      clients.set(proxy, mine);
      const cpu = await proxy.cpuMs();
      const started = performance.now();
      const units = await run(proxy, mine);
      const seconds = (performance.now() - started) / 1000;
      const cpuSeconds = ((await proxy.cpuMs()) - cpu) / 1000;
      samples.get(proxy)?.push({ perSecond: units / seconds, perCpuSecond: units / cpuSeconds });
    }
  }
  for (const open of clients.values()) for (const client of open) client.close();
  return samples;
}
