import type { RequestFacts } from "../../../src/core/policy/decide.ts";
import { readFacts } from "../../../src/core/policy/request-facts.ts";
import { authority } from "./policies.ts";

/** What is judged for `METHOD URL`, as a client would send it; `bytes` is the length of its body. Throws on what no client sends. */
export function factsOf(method: string, url: string, bytes = 0): RequestFacts {
  const [, scheme = "", host = ""] = /^(https?):\/\/([^/?]+)/i.exec(url) ?? [];
  const rawHeaders = ["Host", host, ...(bytes === 0 ? [] : ["Content-Length", String(bytes)])];
  const reading = readFacts({ method, target: url, httpVersion: "1.1", rawHeaders }, new Set(), null);
  if (!reading.ok) throw new Error(`${method} ${url}: ${reading.detail}`);
  const port = scheme.toLowerCase() === "https" ? 443 : 80;
  return { ...reading.facts, authority: authority(host, port) };
}
