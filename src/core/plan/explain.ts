import type { BottlePlan } from "../model/plan.ts";
import type { CredentialBinding, CredentialScheme, DenyRule, EgressRule } from "../model/policy.ts";
import { ASK_TIMEOUT_MS } from "../policy/asking.ts";
import { printable } from "../wire/printable.ts";
import { budgetLines } from "./budget.ts";
import { describeSource } from "./describe-source.ts";
import { repositoryLines } from "./git-repositories.ts";
import { leakLines } from "./leaks.ts";
import { definitionLines } from "./provenance.ts";
import { formatSize } from "./sizes.ts";
import { superviseLines } from "./supervise.ts";

/**
 * The plan as text for `--dry-run --format text`: one section for each thing an operator decides on. Values of
 * variables are never shown, only their names; text of others (paths, labels, versions) is escaped for a terminal.
 */
export function explainPlan(plan: BottlePlan): string {
  const { agent, workspace, limits } = plan;
  const sections: readonly (readonly [title: string, lines: readonly string[]])[] = [
    ["bottle", [backendLine(plan), ...definitionLines(plan.definition)]],
    [
      "agent",
      [agentLine(plan), `program ${agent.binary.path}, version ${agent.binary.version} (${agent.binary.origin})`],
    ],
    ["workspace", workspaceLines(workspace)],
    ["mounts", plan.mounts.map((mount) => `${mount.host} at ${mount.guest}, read-only`)],
    [
      "files",
      plan.files.filter((file) => "text" in file).map((file) => `${file.path} (mode ${file.mode.toString(8)})`),
    ],
    ["brings in", plan.setup.brought.map(broughtLine)],
    ["left out", plan.setup.leftOut],
    ["notes", plan.setup.notes],
    ["way out", wayLines(plan.backendPlan)],
    ["may reach", plan.rules.map(ruleLine)],
    ["may never reach", plan.deny.map(denyLine)],
    ["asks you", [...askLines(plan), ...superviseLines(plan)]],
    ["credentials", plan.credentials.flatMap((binding) => credentialLines(plan, binding))],
    ["reaches through the git gate", repositoryLines(plan)],
    ["searched for in what leaves", leakLines(plan)],
    ["environment", environmentLines(plan)],
    [
      "limits",
      [
        `memory ${formatSize(limits.memoryBytes)}, ${limits.cpus} cpus, ${limits.pids} processes, /tmp ${formatSize(limits.tmpBytes)}`,
      ],
    ],
    ["may cost", budgetLines(plan)],
    ["labels", Object.entries(plan.labels).map(([key, value]) => `${key}=${value}`)],
    ["risks", plan.risks],
  ];
  return sections
    .filter(([title, lines]) => lines.length > 0 || title === "may reach" || title === "risks")
    .flatMap(([title, lines]) => [
      title,
      ...(lines.length > 0 ? lines : [title === "risks" ? "none known" : "nothing"]).map(indented),
    ])
    .join("\n")
    .concat("\n");
}

function backendLine({ name, backend, backendChoice, backendOptions }: BottlePlan): string {
  const { image = null, runtime = null, placement = null } = backendOptions ?? {};
  const asked = Object.entries({ image, runtime, placement }).flatMap(([what, value]) =>
    value === null ? [] : [`${what} ${printable(value)}`],
  );
  const why = backendChoice === undefined ? "" : ` (${printable(backendChoice)})`;
  return [`${name} on ${backend}${why}`, ...asked].join(", ");
}

/** `words` of what the backend plans, where it has something to tell. */
function wayLines(planned: BottlePlan["backendPlan"]): readonly string[] {
  const { words } = (planned ?? {}) as { readonly words?: unknown };
  return Array.isArray(words) ? words.filter((word) => typeof word === "string").map((word) => printable(word)) : [];
}

function askLines({ ask, rules }: BottlePlan): readonly string[] {
  const unlisted = ask?.unlisted === true;
  const asking = rules.filter((rule) => rule.ask === true);
  if (!unlisted && asking.length === 0) return [];
  const seconds = (ask?.timeoutMs ?? ASK_TIMEOUT_MS) / 1000;
  const what = [...asking.map(({ id }) => `rule ${id}`), ...(unlisted ? ["whatever no rule lists"] : [])];
  return [`about ${what.join(", ")}: held for ${seconds} s, then denied (bottle approvals)`];
}

function workspaceLines({ mode, host, guest, cwd, clone }: BottlePlan["workspace"]): readonly string[] {
  return [
    `${mode} of ${host} at ${guest}`,
    ...(cwd === guest ? [] : [`the agent starts in ${cwd}`]),
    ...(clone?.include.map((pattern) => `with ignored files: ${pattern}`) ?? []),
    ...(clone?.alternates.map((folder) => `objects are also read from ${folder}`) ?? []),
  ];
}

function broughtLine({ what, from, files, bytes }: BottlePlan["setup"]["brought"][number]): string {
  const size = bytes === 0 ? "" : `: ${files === 1 ? "1 file" : `${files} files`}, ${bytes} bytes`;
  return `${what} from ${from}${size}`;
}

function indented(line: string): string {
  return `  ${printable(line)}`;
}

function agentLine({ agent, maxMinutes }: BottlePlan): string {
  const end = maxMinutes === undefined ? "" : `, ended after ${maxMinutes} min`;
  const how = `${agent.headless ? "headless" : "interactive"}${end}`;
  return agent.name === agent.provider ? `${agent.name}, ${how}` : `${agent.name} (${agent.provider}), ${how}`;
}

/** One rule on one line, for plans and `why`: where, what, how, and whose rule it is. */
export function ruleLine(rule: EgressRule): string {
  const what = [rule.methods?.join(",") ?? "any method", rule.paths?.join(" ") ?? "any path", ...termWords(rule)];
  const how = [
    ...(rule.mode === "splice" ? ["not looked into"] : what),
    ...(rule.ask === true ? ["asks you each time"] : []),
    ...(rule.body === null ? [] : [`body ${rule.body.shape}`]),
    ...(rule.body?.allowProviderTools ?? []).map((tool) => `internet through the provider: ${tool}`),
    ...(rule.websocket ? ["websocket"] : []),
    ...(rule.maxRequestBytes === null ? [] : [bodyLimit(rule.maxRequestBytes)]),
    ...leakWords(rule),
    ...(rule.cookies === undefined ? [] : [rule.cookies === "pass" ? "cookies pass" : "no cookies"]),
    ...(rule.dial === null
      ? []
      : [`dialled at ${rule.dial.kind === "unix" ? rule.dial.path : `${rule.dial.address} port ${rule.dial.port}`}`]),
  ];
  return `${rule.scheme}://${hostWord(rule.host)}:${rule.port}  ${how.join(", ")}  [${rule.id}]`;
}

function leakWords({ leaks }: EgressRule): readonly string[] {
  return [
    ...(leaks?.action == null ? [] : [`secrets: ${leaks.action}`]),
    ...(leaks?.opaque == null ? [] : [`binary data: ${leaks.opaque}`]),
    ...(leaks?.ignore === undefined ? [] : [`not looked for: ${leaks.ignore.join(" ")}`]),
  ];
}

/** An IPv6 address as it stands before a port (RFC 3986, section 3.2.2). */
const hostWord = (host: string): string => (host.includes(":") ? `[${host}]` : host);

function bodyLimit(bytes: number): string {
  return bytes === 0 ? "no body" : `requests up to ${formatSize(bytes)}`;
}

function termWords({ terms }: EgressRule): readonly string[] {
  if (terms === undefined) return [];
  const { queries, except } = terms;
  return [
    ...(except.length === 0 ? [] : [`but not ${except.join(" ")}`]),
    ...(queries === null ? [] : [queries.length === 0 ? "no query" : `query ${queries.join(" or ")}`]),
  ];
}

/** One rule that denies on one line, in the words of `ruleLine`. */
export function denyLine(rule: DenyRule): string {
  const what = [rule.methods?.join(",") ?? "any method", rule.paths?.join(" ") ?? "any path"].join(", ");
  return `${hostWord(rule.host)}:${rule.port ?? "any port"}  ${what}  [${rule.id}]`;
}

function credentialLines(plan: BottlePlan, binding: CredentialBinding): readonly string[] {
  const source = plan.secrets.find((secret) => secret.credential === binding.name)?.source;
  const variables = Object.entries(plan.env).filter(([, value]) => value === binding.placeholder);
  return [
    `${binding.name}: ${source === undefined ? "no source" : describeSource(source)} -> ${binding.hosts.join(", ")}, ${slot(binding.scheme)}`,
    ...variables.map(([name]) => `  the bottle sees a placeholder in ${name}`),
  ];
}

function slot(scheme: CredentialScheme): string {
  switch (scheme.kind) {
    case "bearer":
      return "Authorization: Bearer";
    case "basic":
      return `Authorization: Basic as ${scheme.username}`;
    case "header":
      return `header ${scheme.header}`;
    case "query":
      return `query parameter ${scheme.parameter}`;
  }
}

function environmentLines(plan: BottlePlan): readonly string[] {
  return [
    ...Object.keys(plan.env).sort(),
    ...plan.envFromHost.map(
      ({ name, variable, expose, secret }) =>
        `${name} (copied from ${variable}${expose ? ", exposed" : ""}${secret === true ? ", secret" : ""})`,
    ),
    ...plan.envAsked.map(
      ({ name, question, secret }) => `${name} (asked: ${question}${secret === true ? ", secret" : ""})`,
    ),
  ];
}
