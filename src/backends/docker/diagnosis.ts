import { printable } from "../../core/wire/printable.ts";

export interface EngineFinding {
  readonly id: string;
  readonly message: string;
  readonly mend?: string;
  /** The engine cannot be used at all, whatever was asked. */
  readonly unfit: boolean;
}

interface Known {
  readonly pattern: RegExp;
  readonly id: string;
  readonly message: string;
  readonly mend: string;
}

/** Words of `docker` (20.10 to 28) when there is no engine to speak with, or none that serves us. */
const UNFIT: readonly Known[] = [
  {
    pattern: /permission denied while trying to connect|dial unix [^:]*: connect: permission denied/i,
    id: "engine-forbidden",
    message: "you may not use this Docker engine",
    mend: "add yourself to the group that owns its socket (usermod -aG docker USER, then log in again): that is as good as being root",
  },
  {
    pattern: /Cannot connect to the Docker daemon|error during connect|no such host|connection refused|i\/o timeout/i,
    id: "engine-down",
    message: "the Docker engine does not answer",
    mend: "start it (systemctl start docker), or name another one with DOCKER_HOST or `docker context use`",
  },
  {
    pattern: /context "[^"]*" does not exist|context not found|unable to resolve docker endpoint/i,
    id: "engine-context",
    message: "the Docker context that is chosen cannot be used",
    mend: "docker context ls shows all; DOCKER_CONTEXT or `docker context use` chooses one",
  },
  {
    pattern: /client version .* is too (old|new)|Maximum supported API version/i,
    id: "engine-version",
    message: "docker and the engine do not speak the same version",
    mend: "set DOCKER_API_VERSION to the one that `docker version` shows for the server, or update one of the two",
  },
];

/** Words of an engine that answers, about what was asked. */
const REFUSED: readonly Known[] = [
  {
    pattern: /No such image|Unable to find image|pull access denied/i,
    id: "image-missing",
    message: "the image is not there",
    mend: "bottle image build makes it",
  },
  {
    pattern: /bind source path does not exist|invalid mount config for type "bind"/i,
    id: "not-shared",
    message: "the engine does not see a folder of this machine",
    mend: "use an engine that runs on this machine, or share the folder with it (Docker Desktop: Settings, File sharing)",
  },
  {
    pattern: /unknown runtime specified|Unknown runtime/i,
    id: "runtime-missing",
    message: "the engine does not know this runtime",
    mend: "install it and name it in the engine's daemon.json, then restart the engine",
  },
  {
    pattern: /no space left on device/i,
    id: "engine-full",
    message: "the disk of the engine is full",
    mend: "docker system df shows what takes the space",
  },
];

/** What the words of a `docker` that failed mean, and how it is mended. Pure. */
export function diagnoseEngine(words: string, timedOut = false): EngineFinding {
  const first = firstLine(words);
  const said = first === "" ? "" : `: ${first}`;
  const unfit = UNFIT.find(({ pattern }) => pattern.test(words));
  if (unfit !== undefined) return { id: unfit.id, message: `${unfit.message}${said}`, mend: unfit.mend, unfit: true };
  if (timedOut) {
    const mend = "look at the engine's log; `docker info` shows whether it answers at all";
    return { id: "engine-silent", message: `no answer in time${said}`, mend, unfit: true };
  }
  const refused = REFUSED.find(({ pattern }) => pattern.test(words));
  if (refused !== undefined) {
    return { id: refused.id, message: `${refused.message}${said}`, mend: refused.mend, unfit: false };
  }
  return { id: "engine-failed", message: first === "" ? "it failed without a word" : first, unfit: false };
}

/** The line that says it: `docker run` ends with one that only names its manual. */
function firstLine(words: string): string {
  const line = words.split("\n").find((text) => text.trim() !== "") ?? "";
  return printable(line.trim().replace(/^docker: /, ""), 400);
}
