import { resolve } from "node:path";
import { BottleError } from "../core/model/errors.ts";
import { isName } from "../core/model/ids.ts";
import { formatProblem } from "../core/plan/manifest-problems.ts";
import { nearest } from "../core/plan/nearest.ts";
import { version } from "../host/own-version.ts";
import { readOverview } from "../session/overview.ts";
import { findBottle, listBottles } from "../state/records.ts";
import { agentInfo } from "./info/agent.ts";
import { bottleInfo } from "./info/bottle.ts";
import { report } from "./info/sections.ts";
import { sessionContext } from "./session-context.ts";
import { text, type VerbRun } from "./verb.ts";

/** `bottle info`: this host and its manifests, or one bottle, or one agent. */
export const info: VerbRun = async (input, io) => {
  const context = sessionContext(io);
  const { layout, facts } = context;
  const json = text(input, "format") === "json";
  const [name] = input.positionals;
  if (name !== undefined && isName(name)) {
    const found = await findBottle(layout, name);
    if (found !== null) {
      io.out(await bottleInfo(found, layout, json));
      return 0;
    }
  }
  const { manifest, ...overview } = await readOverview(resolve(io.cwd, text(input, "path") ?? "."), context);
  if (name !== undefined) {
    const line = overview.agents.find((agent) => agent.name === name);
    if (line === undefined) {
      const bottles = (await listBottles(layout)).map((bottle) => bottle.name);
      const meant = nearest(name, [...overview.agents.map((agent) => agent.name), ...bottles]);
      const hint = `${meant === null ? "" : `did you mean ${meant}? `}bottle info lists the agents, bottle ls the bottles`;
      throw new BottleError("BOTTLE_NOT_FOUND", `no bottle and no agent is called ${name}`, { hint });
    }
    io.out(agentInfo(line, manifest, overview.problems, json));
    return 0;
  }
  const host = {
    user: facts.user,
    system: `${facts.platform} ${facts.kernel} ${facts.arch}`,
    node: facts.node,
    controlGroups: facts.cgroup.kind === "none" ? `none: ${facts.cgroup.why}` : facts.cgroup.kind,
    tools: facts.tools,
  };
  const folders = {
    config: layout.config,
    state: layout.state,
    cache: layout.cache,
    runtime: layout.runtime,
  };
  const counts = { bottles: (await listBottles(layout)).length };
  if (json) {
    io.out(`${JSON.stringify({ version: await version(), ...overview, folders, host, counts }, null, 2)}\n`);
    return 0;
  }
  const { project, operatorFile, agents, bottles, problems, unusable } = overview;
  const by = ({ by: writer, broken }: { by: string; broken: boolean }) =>
    `${writer === "project" ? `project (${project?.standing === "trusted" ? "trusted" : "untrusted"})` : writer}${broken ? ", has problems" : ""}`;
  io.out(
    report([
      ["bot-bottle", [[await version()]]],
      ["folders", Object.entries(folders)],
      [
        "manifests",
        [
          ["yours", operatorFile.path, operatorFile.present ? "" : "not there; bottle init writes one"],
          ...(project === null
            ? []
            : [["project's", project.file, `${project.standing}${project.changed.map((path) => ` ${path}`).join()}`]]),
        ],
      ],
      ["agents", agents.map((agent) => [agent.name, `${agent.provider ?? "?"} in ${agent.bottle ?? "?"}`, by(agent)])],
      [
        "kinds of bottles",
        bottles.map((bottle) => [
          bottle.name,
          `${count(bottle.rules, "rule")}, ${count(bottle.credentials.length, "credential")}`,
          `${by(bottle)}${bottle.buildsOn.length === 0 ? "" : `, builds on ${bottle.buildsOn.join(", ")}`}`,
        ]),
      ],
      [
        "host",
        [
          ["user", host.user],
          ["system", host.system],
          ["node", host.node],
          ["control groups", host.controlGroups],
          ["tools", Object.keys(facts.tools).join(", ")],
          ["bottles kept", String(counts.bottles)],
        ],
      ],
      ["notes", typeof project?.note === "string" ? [[project.note]] : []],
      [
        "problems",
        [...(unusable === null ? [] : [[unusable]]), ...problems.map((problem) => [formatProblem(problem)])],
      ],
    ]),
  );
  return 0;
};

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
