import { type ChildProcess, fork, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { programPath } from "../test/support/needs.ts";
import { type LoadClient, openClient, requestText } from "./gateway/load.ts";
import type { BenchOptions, BenchRow, BenchSection } from "./measure.ts";
import { spread } from "./measure.ts";

/** Clients at once, requests of one round, rounds per proxy, MiB of one bulk download. */
const CLIENTS = 16;
const REQUESTS = 2000;
const ROUNDS = 5;
const BULK_MIB = 128;
const PROMPT_BYTES = 64 * 1024;
const HOST = "bench.example.test";

interface Proxy {
  readonly name: string;
  readonly port: number;
  readonly caPem: string;
  readonly host: string;
  readonly target: string;
  /** CPU milliseconds used so far. */
  cpuMs(): Promise<number>;
  stop(): void;
}

interface Sample {
  /** Requests or MiB per second of wall clock, and per second of the proxy's CPU. */
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

/**
 * The gateway against the least that Node and undici can do, and against mitmproxy where it is installed. Every proxy
 * is one process; origin and load share the other core, so requests per second of the proxy's own CPU are the
 * figure that ratios are made of.
 */
export async function rows({ root, folder, say }: BenchOptions): Promise<BenchSection> {
  const children: ChildProcess[] = [];
  const launch = (file: string, args: readonly string[]) => {
    const child = fork(join(root, "bench/gateway", file), [...args], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    children.push(child);
    return child;
  };
  try {
    const origin = await answer<{ port: number; caPem: string }>(launch("origin.ts", []));
    const open = async (kind: string): Promise<Proxy> => {
      const child = launch("proxy.ts", [kind, String(origin.port), origin.caPem, folder]);
      const { port, caPem } = await answer<{ port: number; caPem: string }>(child);
      const cpuMs = async () => {
        child.send("cpu");
        return (await answer<{ cpuMs: number }>(child)).cpuMs;
      };
      return { name: kind, port, caPem, host: HOST, target: `${HOST}:443`, cpuMs, stop: () => child.disconnect() };
    };
    const mitm = await openMitmdump(origin, folder, children);
    const small = requestText("/", HOST);
    const prompt = requestText("/v1/messages", HOST, PROMPT_BYTES);
    const rows: BenchRow[] = [];
    const compare = async (what: string, kinds: readonly string[], unit: string, budget: string, run: Round) => {
      say(what);
      const proxies = [...(await Promise.all(kinds.map(open))), ...(mitm !== null && unit !== "MiB" ? [mitm] : [])];
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
        if (proxy !== mitm) proxy.stop();
      }
    };
    const inspectors = ["bare inspect", "gateway inspect", "gateway inspect, credential"];
    await compare(
      "1 KiB, keep-alive",
      inspectors,
      "requests",
      ">= 0.8x bare, >= 10x mitmdump",
      requestsOf(small, REQUESTS),
    );
    await compare("64 KiB prompt", inspectors, "requests", "", requestsOf(prompt, REQUESTS / 4));
    await compare(`${BULK_MIB} MiB down`, ["bare inspect", "gateway inspect"], "MiB", "", bulk);
    await compare(`${BULK_MIB} MiB down, spliced`, ["bare splice", "gateway splice"], "MiB", ">= 0.8x bare", bulk);
    const notes = [
      `${CLIENTS} clients, ${ROUNDS} rounds in turns, every proxy a process of its own; the gateway writes its audit log to disk.`,
      ...(mitm === null ? ["mitmdump is not installed: no comparison with mitmproxy."] : []),
    ];
    return { title: "Gateway", rows, notes };
  } finally {
    for (const child of children) {
      if (child.connected) child.disconnect();
      else child.kill();
    }
  }
}

/** One round against one proxy; resolves how many units were moved. */
type Round = (proxy: Proxy, clients: readonly LoadClient[]) => Promise<number>;

function requestsOf(text: string, count: number): Round {
  return async (proxy, clients) => {
    let left = count;
    const own = proxy.host === HOST ? text : text.replaceAll(HOST, proxy.target);
    await Promise.all(
      clients.map(async (client) => {
        while (left > 0) {
          left -= 1;
          await client.request(own);
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

/** Rounds of all proxies in turns, so that a noisy moment hits all of them; the first round does not count. */
async function inTurns(proxies: readonly Proxy[], run: Round): Promise<Map<Proxy, Sample[]>> {
  const samples = new Map<Proxy, Sample[]>(proxies.map((proxy) => [proxy, []]));
  const clients = new Map<Proxy, LoadClient[]>();
  for (const proxy of proxies) {
    const opened = Array.from({ length: CLIENTS }, () => openClient(proxy.port, proxy.target, proxy.host, proxy.caPem));
    clients.set(proxy, await Promise.all(opened));
  }
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const proxy of proxies) {
      const cpu = await proxy.cpuMs();
      const started = performance.now();
      const units = await run(proxy, clients.get(proxy) ?? []);
      const seconds = (performance.now() - started) / 1000;
      const cpuSeconds = ((await proxy.cpuMs()) - cpu) / 1000;
      if (round > 0) samples.get(proxy)?.push({ perSecond: units / seconds, perCpuSecond: units / cpuSeconds });
    }
  }
  for (const open of clients.values()) for (const client of open) client.close();
  return samples;
}

/** mitmdump without addons, when it is installed; it dials the origin by its loopback port. */
async function openMitmdump(
  origin: { readonly port: number; readonly caPem: string },
  folder: string,
  children: ChildProcess[],
): Promise<Proxy | null> {
  const program = programPath("mitmdump");
  if (program === null) return null;
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const port = (probe.address() as AddressInfo).port;
  await new Promise((resolve) => probe.close(resolve));
  const confdir = join(folder, "mitmproxy");
  const options = ["--set", `confdir=${confdir}`, "--set", "ssl_insecure=true", "--set", "connection_strategy=lazy"];
  const args = ["-q", "--listen-host", "127.0.0.1", "-p", String(port), ...options];
  const child = spawn(program, args, { stdio: "ignore", env: { PATH: process.env.PATH, HOME: folder } });
  children.push(child);
  const target = `localhost:${origin.port}`;
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      const caPem = readFileSync(join(confdir, "mitmproxy-ca-cert.pem"), "utf8");
      (await openClient(port, target, "localhost", caPem)).close();
      const cpuMs = async () => cpuOf(child.pid ?? 0);
      return { name: "mitmdump", port, caPem, host: "localhost", target, cpuMs, stop: () => child.kill() };
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(100);
    }
  }
}

/** CPU milliseconds of a process: fields 14 and 15 of /proc/PID/stat in clock ticks of 10 ms (proc(5)). */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function answer<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error("a process of the benchmark ended early"));
    child.once("exit", ended);
    child.once("message", (message) => {
      child.off("exit", ended);
      resolve(message as T);
    });
  });
}
