import { providers } from "../../agents/providers.ts";
import type { Manifest } from "../../core/model/definition.ts";
import type { Problem } from "../../core/model/finding.ts";
import { formatProblem } from "../../core/plan/manifest-problems.ts";
import type { AgentLine } from "../../session/overview.ts";
import { report } from "./sections.ts";

/** One agent as the manifests define it; what a start makes of it is `bottle plan`. */
export function agentInfo(line: AgentLine, manifest: Manifest, problems: readonly Problem[], json: boolean): string {
  const own = <T>(record: Readonly<Record<string, T>>, key: string | null): T | null =>
    key !== null && Object.hasOwn(record, key) ? (record[key] ?? null) : null;
  const definition = own(manifest.agents, line.name);
  const bottle = own(manifest.bottles, line.bottle);
  const provider = own(providers, line.provider);
  const trusted = definition?.origin.by === "project" ? manifest.project?.standing === "trusted" : null;
  const rules = [
    ...(bottle?.egress?.rules ?? []).map(({ host, port, methods, paths }, index) => ({
      host,
      port: port ?? null,
      methods: methods ?? null,
      paths: paths ?? null,
      from: bottle?.inherited?.[`egress.rules[${index}]`] ?? line.bottle,
    })),
    ...(provider?.rules ?? []).map(({ host, port, methods, paths }) => ({ host, port, methods, paths, from: "agent" })),
  ];
  if (json) {
    const { origin: _, ...said } = definition ?? {};
    return `${JSON.stringify({ ...line, trusted, file: definition?.origin.file ?? null, definition: said, bottleDefinition: bottle, rules, problems }, null, 2)}\n`;
  }
  const mine = line.broken ? problems : [];
  return report([
    [
      line.name,
      [
        ["by", line.by === "project" ? `project (${trusted === true ? "trusted" : "untrusted"})` : line.by],
        ...(definition === null ? [] : [["file", definition.origin.file]]),
        ["builds on", provider === null ? (line.provider ?? "?") : `${line.provider} (${provider.title})`],
        ["bottle", `${line.bottle ?? "?"}${bottle === null ? " (built-in)" : ` (${bottle.origin.by})`}`],
        ...(definition?.command === undefined ? [] : [["program", definition.command]]),
        ...(definition?.prompt === undefined ? [] : [["instructions", promptText(definition.prompt)]]),
        ...(definition?.skills ?? []).map((skill) => ["skill", skill]),
        ...(definition?.args === undefined ? [] : [["arguments", JSON.stringify(definition.args)]]),
      ],
    ],
    [
      "may reach",
      rules.map(({ host, port, methods, paths, from }) => [
        `${host}${port === null || port === 443 ? "" : `:${port}`}`,
        `${methods?.join(",") ?? "any method"} ${paths?.join(" ") ?? "any path"}`,
        `from ${from}`,
      ]),
    ],
    [
      "rule packs",
      (bottle?.egress?.packs ?? []).map((pack, index) => [
        pack,
        `from ${bottle?.inherited?.[`egress.packs[${index}]`] ?? line.bottle}`,
      ]),
    ],
    [
      "never",
      [...(bottle?.egress?.deny ?? []), ...(definition?.deny ?? [])].map(({ host, port, methods, paths }) => [
        `${host}${port === undefined ? "" : `:${port}`}`,
        `${methods?.join(",") ?? "any method"} ${paths?.join(" ") ?? "any path"}`,
      ]),
    ],
    ["tools", (bottle?.tools ?? []).map((tool) => [typeof tool === "string" ? tool : tool.path])],
    ["inherited", Object.entries(bottle?.inherited ?? {}).map(([part, from]) => [part, `from ${from}`])],
    ["credentials", Object.entries(bottle?.credentials ?? {}).map(([name, { hosts }]) => [name, hosts.join(", ")])],
    ["environment", Object.keys(bottle?.env ?? {}).map((name) => [name])],
    ["limits", Object.entries(bottle?.limits ?? {}).map(([key, value]) => [key, String(value)])],
    ["problems", mine.map((problem) => [formatProblem(problem)])],
  ]);
}

function promptText(prompt: string | { readonly file: string }): string {
  return typeof prompt === "string" ? JSON.stringify(prompt) : `in ${prompt.file}`;
}
