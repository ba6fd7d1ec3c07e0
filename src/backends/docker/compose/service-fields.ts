import { BottleError } from "../../../core/model/errors.ts";
import { readMount } from "../mount-words.ts";
import type { YamlMap, YamlValue } from "./yaml.ts";

/** What one word pair of `docker run` says in a Compose file; null: nothing has to be said. */
type Field = (value: string) => readonly [key: string, value: YamlValue, how: "one" | "list" | "map"] | null;

const one =
  (key: string): Field =>
  (value) => [key, value, "one"];
const number =
  (key: string): Field =>
  (value) => [key, Number(value), "one"];
const list =
  (key: string): Field =>
  (value) => [key, [value], "list"];
const pair =
  (key: string): Field =>
  (value) => {
    const [name = "", ...rest] = value.split("=");
    return [key, { [name]: rest.join("=") }, "map"];
  };

/** Options that take a value. */
const VALUED: Readonly<Record<string, Field>> = {
  "--name": one("container_name"),
  "--label": pair("labels"),
  "--log-driver": (driver) => ["logging", { driver }, "one"],
  "--cap-drop": list("cap_drop"),
  "--security-opt": list("security_opt"),
  "--ipc": one("ipc"),
  "--hostname": one("hostname"),
  "--ulimit": (value) => {
    const [name = "", limit] = value.split("=");
    return ["ulimits", { [name]: Number(limit) }, "map"];
  },
  "--oom-score-adj": number("oom_score_adj"),
  "--workdir": one("working_dir"),
  "--entrypoint": (program) => ["entrypoint", [program], "one"],
  "--env": pair("environment"),
  "--runtime": one("runtime"),
  "--user": one("user"),
  "--dns": list("dns"),
  "--tmpfs": list("tmpfs"),
  "--shm-size": number("shm_size"),
  "--sysctl": pair("sysctls"),
  "--memory": (value) => ["mem_limit", /^\d+$/.test(value) ? Number(value) : value, "one"],
  "--memory-swap": (value) => ["memswap_limit", /^\d+$/.test(value) ? Number(value) : value, "one"],
  "--pids-limit": number("pids_limit"),
  "--cpus": number("cpus"),
  "--mount": (word) => {
    const { host, guest, writable } = readMount(word);
    const access = writable ? {} : { read_only: true };
    return ["volumes", [{ type: "bind", source: host, target: guest, ...access }], "list"];
  },
  // Said of the whole service, with its aliases.
  "--network": () => null,
  // Composes of before 2.15 know no word for it; newer engines do the same by default.
  "--cgroupns": () => null,
  // Images are named as they were built here, under a name that no registry has.
  "--pull": () => null,
};
/** Options that take none. */
const FLAGS: Readonly<Record<string, readonly [key: string, value: YamlValue] | null>> = {
  "--init": ["init", true],
  "--read-only": ["read_only", true],
  "--interactive": ["stdin_open", true],
  "--no-healthcheck": ["healthcheck", { disable: true }],
  // `docker-compose down` removes it.
  "--rm": null,
};

/**
 * The fields of a Compose service that say what `words`, those of a `docker run`, say. Pure. Throws INVARIANT for a word
 * that it does not know: what the engine is told and what is rendered must not part.
 */
export function serviceFields(words: readonly string[]): YamlMap {
  const fields: Record<string, YamlValue> = {};
  let at = words[0] === "run" ? 1 : 0;
  for (; words[at]?.startsWith("--"); at++) {
    const word = words[at] ?? "";
    if (Object.hasOwn(FLAGS, word)) {
      const flag = FLAGS[word];
      if (flag) fields[flag[0]] = flag[1];
      continue;
    }
    const field = VALUED[word];
    if (field === undefined) throw new BottleError("INVARIANT", `no Compose field stands for ${word}`);
    at++;
    const said = field(words[at] ?? "");
    if (said === null) continue;
    const [key, value, how] = said;
    const before = fields[key];
    if (how === "list") fields[key] = [...((before ?? []) as readonly YamlValue[]), ...(value as readonly YamlValue[])];
    else if (how === "map") fields[key] = { ...((before ?? {}) as YamlMap), ...(value as YamlMap) };
    else fields[key] = value;
  }
  const [image = "", ...command] = words.slice(at);
  return { image, ...fields, command };
}
