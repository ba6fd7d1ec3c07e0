import { type Contestant, contestants } from "./gateway/contestants.ts";
import { type LoadClient, openClient, type Route, requestText } from "./gateway/load.ts";
import type { BenchOptions, BenchRow, BenchSection } from "./measure.ts";

/** Requests one after the other per proxy and round, short enough that no idle connection is closed; rounds; MiB of the uploads; tunnels held open. */
const REQUESTS = 40;
const ROUNDS = 50;
const BESIDE_MIB = 100;
const UPLOAD_MIB = 1024;
const TUNNELS = 256;

/** What a proxy adds to a request, what a big body does to others, and what both cost in memory. */
export async function rows(options: BenchOptions): Promise<BenchSection> {
  const field = await contestants(options);
  try {
    const ours = await Promise.all(["bare inspect", "gateway inspect", "gateway inspect, credential"].map(field.open));
    const rivals = [await field.openMitmdump(), await field.openSrt()].filter((it) => it !== null);
    const rows: BenchRow[] = [];
    options.say("one request after the other");
    rows.push(...(await added(field.direct, [...ours, ...rivals])));
    // mitmdump keeps a whole body in memory before it sends any.
    for (const proxy of [...ours, ...rivals].filter(({ name }) => name !== "mitmdump")) {
      options.say(`uploads: ${proxy.name}`);
      rows.push(await beside(proxy));
    }
    for (const proxy of [...ours, ...rivals]) {
      options.say(`memory: ${proxy.name}`);
      const idle = proxy.peakMib();
      const tunnels = await held(proxy);
      const upload = proxy.name === "mitmdump" ? null : await uploaded(proxy);
      rows.push({
        what: `memory: ${proxy.name}`,
        value: `${idle.toFixed(0)} MiB after the rows above, ${tunnels.toFixed(0)} MiB with ${TUNNELS} tunnels${upload === null ? "" : `, ${upload.toFixed(0)} MiB after ${UPLOAD_MIB} MiB up`}`,
        n: 1,
      });
    }
    const notes = [
      `${REQUESTS} requests of 1 KiB one after the other in each of ${ROUNDS} rounds in turns; then small requests on one connection while ${BESIDE_MIB} MiB of text go up on another, which the gateway searches for secrets. Memory is the greatest resident size so far.`,
      ...field.notes,
    ];
    return { title: "Gateway: latency and memory", rows, notes };
  } finally {
    field.close();
  }
}

/** The p50 and p99 of a request, and what is above the same request without a proxy. */
async function added(direct: Route, proxies: readonly Contestant[]): Promise<BenchRow[]> {
  const all: readonly (Route & { readonly name: string })[] = [{ ...direct, name: "no proxy" }, ...proxies];
  const clients: LoadClient[] = await Promise.all(all.map(openClient));
  const times: number[][] = all.map(() => []);
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [index, { host }] of all.entries()) {
      const text = requestText("/", host);
      for (let request = 0; request < REQUESTS; request += 1) {
        const began = performance.now();
        await clients[index]?.request(text);
        if (round > 0) times[index]?.push(performance.now() - began);
      }
    }
  }
  for (const client of clients) client.close();
  const [base, ...rest] = times.map(percentiles);
  return [base, ...rest].map((own, index) => ({
    what: `one at a time: ${all[index]?.name}`,
    value: `p50 ${own?.p50.toFixed(2)} ms, p99 ${own?.p99.toFixed(2)} ms`,
    ...(index === 0 || own === undefined || base === undefined
      ? {}
      : { ratio: `adds ${(own.p50 - base.p50).toFixed(2)} ms at p50, ${(own.p99 - base.p99).toFixed(2)} ms at p99` }),
    n: times[index]?.length ?? 0,
  }));
}

/** Small requests while a big body passes. */
async function beside(proxy: Contestant): Promise<BenchRow> {
  const [small, big] = await Promise.all([openClient(proxy), openClient(proxy)]);
  const text = requestText("/", proxy.host);
  const times: number[] = [];
  let uploading = true;
  const began = performance.now();
  const upload = big.upload("/up", proxy.host, BESIDE_MIB * 1024 * 1024).finally(() => {
    uploading = false;
  });
  while (uploading) {
    const sent = performance.now();
    await small.request(text);
    times.push(performance.now() - sent);
  }
  await upload;
  const seconds = (performance.now() - began) / 1000;
  small.close();
  big.close();
  const { p50, p99 } = percentiles(times);
  return {
    what: `beside ${BESIDE_MIB} MiB up: ${proxy.name}`,
    value: `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms; the upload took ${seconds.toFixed(1)} s`,
    ...(proxy.name.startsWith("gateway") ? { budget: "p99 < 50 ms" } : {}),
    n: times.length,
  };
}

async function held(proxy: Contestant): Promise<number> {
  const clients = await Promise.all(Array.from({ length: TUNNELS }, () => openClient(proxy)));
  const text = requestText("/", proxy.host);
  await Promise.all(clients.map((client) => client.request(text)));
  const peak = proxy.peakMib();
  for (const client of clients) client.close();
  return peak;
}

async function uploaded(proxy: Contestant): Promise<number> {
  const client = await openClient(proxy);
  await client.upload("/up", proxy.host, UPLOAD_MIB * 1024 * 1024);
  client.close();
  return proxy.peakMib();
}

function percentiles(samples: readonly number[]): { readonly p50: number; readonly p99: number } {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}
