import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

/**
 * The proxy of sandbox-runtime, doing what the gateway does with a credential as far as it can: TLS ended, one host
 * allowed, each request judged by a callback, the placeholder replaced. `srt.ts PACKAGE_HOME ORIGIN_CA_FILE`.
 */
const [home = "", originCa = ""] = process.argv.slice(2);
const SECRET = "Bearer sk-bench-secret-0123456789abcdef";

interface Parts {
  readonly createMitmCA: (options: object) => { readonly certPem: string };
  readonly disposeMitmCA: (ca: object) => Promise<void>;
  readonly createHttpProxyServer: (options: object) => Server;
}
const part = async (name: string): Promise<Parts> =>
  (await import(join(home, "node_modules/@anthropic-ai/sandbox-runtime/dist/sandbox", name))) as Parts;
const { createMitmCA, disposeMitmCA } = await part("mitm-ca.js");
const { createHttpProxyServer } = await part("http-proxy.js");

const mitmCA = createMitmCA({});
const server = createHttpProxyServer({
  filter: (_port: number, host: string) => host === "localhost",
  mitmCA,
  filterRequest: async (request: Request) => ({
    action: new URL(request.url).protocol === "https:" ? "allow" : "deny",
  }),
  mutateHeaders: (headers: Record<string, string>) => {
    if (headers.authorization !== undefined) headers.authorization = SECRET;
  },
  tlsTerminateUpstreamCA: readFileSync(originCa),
});
server.listen(0, "127.0.0.1", () => {
  process.send?.({ port: (server.address() as AddressInfo).port, caPem: mitmCA.certPem });
});
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMs: (user + system) / 1000 });
});
process.once("disconnect", async () => {
  await disposeMitmCA(mitmCA);
  process.exit(0);
});
