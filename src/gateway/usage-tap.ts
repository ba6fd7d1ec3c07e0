import { modelEndpoint } from "../core/usage/endpoint.ts";
import { createUsageReader, type UsageReader } from "../core/usage/reader.ts";
import type { ModelUsage } from "../core/usage/tokens.ts";
import { type HeaderPair, headerValues } from "../core/wire/header-pairs.ts";
import type { Permit } from "./judgement.ts";

/** Looks at one answer on its way, and changes and delays nothing of it. */
export interface UsageTap {
  head(status: number, headers: readonly HeaderPair[], encoding: string | null): void;
  data(bytes: Uint8Array): void;
  /** What the answer said; null: a refusal, or no answer: nothing was used. */
  end(whole: boolean): ModelUsage | null;
}

/** True for a request that a model answers. */
export function asksModel({ facts, rule }: Pick<Permit, "facts" | "rule">): boolean {
  return rule.body !== null
    ? facts.method === "POST" && !facts.path.endsWith("/count_tokens")
    : modelEndpoint(facts.method, facts.path) !== null;
}

/** A tap for the answer to a request that a model answers; null: it is for none. */
export function tapFor(permit: Pick<Permit, "facts" | "rule">): UsageTap | null {
  const { facts } = permit;
  const format = modelEndpoint(facts.method, facts.path) ?? (asksModel(permit) ? "other" : null);
  if (format === null) return null;
  let reader: UsageReader | null = null;
  let readable = true;
  /** A fault of ours is no fault of the answer. */
  const guarded = <T>(work: () => T): T | null => {
    try {
      return work();
    } catch {
      readable = false;
      return null;
    }
  };
  return {
    head: (status, headers, encoding) => {
      if (status < 200 || status > 299) return;
      const type = headerValues(headers, "content-type").join(", ") || null;
      reader = createUsageReader(encoding === null ? format : "other", type);
    },
    data: (bytes) => {
      if (readable) guarded(() => reader?.push(bytes));
    },
    end: (whole) => {
      const present = reader;
      if (present === null) return null;
      const usage = readable ? guarded(() => present.end(whole)) : null;
      return usage ?? { model: null, tokens: null, complete: false };
    },
  };
}
