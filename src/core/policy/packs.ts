import type { EgressRule } from "../model/policy.ts";
import { bitbucketRead } from "./packs/bitbucket-read.ts";
import { crates } from "./packs/crates.ts";
import { debian } from "./packs/debian.ts";
import { giteaRead } from "./packs/gitea-read.ts";
import { githubRead } from "./packs/github-read.ts";
import { gitlabRead } from "./packs/gitlab-read.ts";
import { go } from "./packs/go.ts";
import { npm } from "./packs/npm.ts";
import type { PackPlace, RulePack } from "./packs/pack.ts";
import { pypi } from "./packs/pypi.ts";

export type { RulePack } from "./packs/pack.ts";

/** Every read-only rule pack, by the name that is typed. None is on unless the operator says so. */
export const RULE_PACKS: readonly RulePack[] = [
  ...[npm, pypi, crates, go, debian],
  ...[githubRead, gitlabRead, giteaRead, bitbucketRead],
];

export const PACK_NAMES: readonly string[] = RULE_PACKS.map(({ name }) => name);

/** The pack of this name; null: there is none. */
export function packOf(name: string): RulePack | null {
  return RULE_PACKS.find((pack) => pack.name === name) ?? null;
}

/** The rules of a pack, `pack:<name>:<index>`; the same objects each time. None for what is no pack. */
export function packRules(name: string): readonly EgressRule[] {
  return RULES.get(name) ?? [];
}

const RULES = new Map(
  RULE_PACKS.map(({ name, places }) => [name, places.map((place, index) => ruleOf(place, `pack:${name}:${index}`))]),
);

function ruleOf(place: PackPlace, id: string): EgressRule {
  const { host, scheme = "https", paths = null, queries = [], postBytes } = place;
  return {
    id,
    source: "pack",
    host,
    port: scheme === "https" ? 443 : 80,
    scheme,
    mode: "inspect",
    methods: postBytes === undefined ? ["GET", "HEAD"] : ["POST"],
    paths,
    body: null,
    websocket: false,
    maxRequestBytes: postBytes ?? 0,
    dial: null,
    ...(place.signed === undefined ? {} : { leaks: { action: null, opaque: null, ignore: place.signed } }),
    terms: {
      queries: queries === "any" ? null : queries,
      except: place.except ?? [],
      encoded: place.encoded ?? false,
    },
  };
}
