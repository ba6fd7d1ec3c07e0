import { type ChildProcess, fork, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { programPath } from "../../test/support/needs.ts";
import type { BenchOptions } from "../measure.ts";
import { fetchSrt } from "../sandbox-runtime.ts";
import { openClient, type Route } from "./load.ts";

/** The name that our proxies map to the origin; the others are asked for the origin's port on loopback. */
const HOST = "bench.example.test";

/** A proxy of the benchmark, in a process of its own. */
export interface Contestant extends Route {
  readonly name: string;
  /** CPU milliseconds used so far. */
  cpuMs(): Promise<number>;
  /** Greatest resident memory so far, MiB (VmHWM of proc(5)). */
  peakMib(): number;
  stop(): void;
}

export interface Contestants {
  /** The origin itself, without any proxy. */
  readonly direct: Route;
  /** One of ours: a KIND of proxy.ts. */
  open(kind: string): Promise<Contestant>;
  /** mitmdump without addons; null where it is not installed. */
  openMitmdump(): Promise<Contestant | null>;
  /** The proxy of sandbox-runtime that ends TLS, filters and writes a credential; null where it was not asked for. */
  openSrt(): Promise<Contestant | null>;
  /** Which are missing, and why. */
  readonly notes: readonly string[];
  close(): void;
}

/** Starts the origin; every proxy is started when it is asked for. `close` ends all of them. */
export async function contestants(options: BenchOptions): Promise<Contestants> {
  const { root, folder } = options;
  const children: ChildProcess[] = [];
  const launch = (file: string, args: readonly string[]) => {
    const child = fork(join(root, "bench/gateway", file), [...args], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    children.push(child);
    return child;
  };
  const origin = await answer<{ port: number; caPem: string }>(launch("origin.ts", []));
  const originTarget = `localhost:${origin.port}`;
  const ours = async (name: string, child: ChildProcess, to: { host: string; target: string }) => {
    const { port, caPem } = await answer<{ port: number; caPem: string }>(child);
    const cpuMs = async () => {
      child.send("cpu");
      return (await answer<{ cpuMs: number }>(child)).cpuMs;
    };
    return { name, port, caPem, ...to, cpuMs, peakMib: () => peakOf(child.pid), stop: () => child.disconnect() };
  };
  const srt = fetchSrt(options);
  const mitmdump = programPath("mitmdump");
  return {
    direct: { port: origin.port, caPem: origin.caPem, host: "localhost", target: null },
    open: (kind) =>
      ours(kind, launch("proxy.ts", [kind, String(origin.port), origin.caPem, folder]), {
        host: HOST,
        target: `${HOST}:443`,
      }),
    openMitmdump: async () => (mitmdump === null ? null : openMitmdump(mitmdump, originTarget, folder, children)),
    openSrt: async () => {
      if ("missing" in srt) return null;
      const caFile = join(folder, "origin-ca.pem");
      writeFileSync(caFile, origin.caPem);
      const child = launch("srt.ts", [srt.home, caFile]);
      return ours("srt, TLS ended", child, { host: "localhost", target: originTarget });
    },
    notes: [
      ...(mitmdump === null ? ["mitmdump is not installed: no comparison with mitmproxy."] : []),
      ...("missing" in srt ? [srt.missing] : []),
    ],
    close: () => {
      for (const child of children) {
        if (child.connected) child.disconnect();
        else child.kill();
      }
    },
  };
}

async function openMitmdump(
  program: string,
  target: string,
  folder: string,
  children: ChildProcess[],
): Promise<Contestant> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const port = (probe.address() as AddressInfo).port;
  await new Promise((resolve) => probe.close(resolve));
  const confdir = join(folder, "mitmproxy");
  const options = ["--set", `confdir=${confdir}`, "--set", "ssl_insecure=true", "--set", "connection_strategy=lazy"];
  const args = ["-q", "--listen-host", "127.0.0.1", "-p", String(port), ...options];
  const child = spawn(program, args, { stdio: "ignore", env: { PATH: process.env.PATH, HOME: folder } });
  children.push(child);
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      const caPem = readFileSync(join(confdir, "mitmproxy-ca-cert.pem"), "utf8");
      (await openClient({ port, target, host: "localhost", caPem })).close();
      const cpuMs = async () => cpuOf(child.pid);
      const peakMib = () => peakOf(child.pid);
      return { name: "mitmdump", port, caPem, host: "localhost", target, cpuMs, peakMib, stop: () => child.kill() };
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(100);
    }
  }
}

/** CPU milliseconds of a process: fields 14 and 15 of /proc/PID/stat in clock ticks of 10 ms (proc(5)). */
function cpuOf(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function peakOf(pid: number | undefined): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
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
