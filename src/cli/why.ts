import { BottleError } from "../core/model/errors.ts";
import { explainRequest } from "../core/plan/why.ts";
import { ownAddresses } from "../host/own-addresses.ts";
import type { SessionContext } from "../session/context.ts";
import { policyOfBottle, policyOfStart } from "../session/known-policy.ts";
import { findBottle } from "../state/records.ts";
import type { Io } from "./io.ts";
import { sessionContext } from "./session-context.ts";
import { startRequest } from "./start-words.ts";
import { flag, text, texts, type VerbInput, type VerbRun } from "./verb.ts";
import { type Answer, formatAnswer, jsonAnswer } from "./why/answer.ts";
import { pastRequest } from "./why/past-request.ts";

/** What the gateway's log calls a request. */
const REQUEST_ID = /^[0-9a-f]{8}-[0-9a-z]{1,12}$/;

/** `bottle why`: exit 0 for every verdict, 1 for what is not allowed with --check. */
export const why: VerbRun = async (input, io) => {
  const context = sessionContext(io);
  const [name = "", word] = input.positionals;
  if (word === undefined) {
    const { agentState } = await import("./agent-state.ts");
    io.out(await agentState(name, context, text(input, "format") === "json"));
    return 0;
  }
  const answer = await answerTo(input, io, context);
  io.out(text(input, "format") === "json" ? jsonAnswer(answer) : formatAnswer(answer));
  return flag(input, "check") && answer.explanation.verdict !== "allow" ? 1 : 0;
};

async function answerTo(input: VerbInput, io: Io, context: SessionContext): Promise<Answer> {
  const [name = "", word = "", url] = input.positionals;
  const { layout } = context;
  if (url === undefined) {
    if (!REQUEST_ID.test(word)) throw misread(name, word);
    return pastRequest(name, word, context);
  }
  if (!/^https?:\/\//i.test(url)) {
    throw new BottleError("USAGE", `${JSON.stringify(url)} is no URL`, {
      hint: `write it in full: bottle why ${name} ${word} https://HOST/PATH`,
    });
  }
  // Names of agents and of bottles are alike; a bottle of that name is the nearer thing.
  const isBottle = (await findBottle(layout, name)) !== null;
  if (isBottle && (texts(input, "allow").length > 0 || text(input, "path") !== undefined)) {
    throw new BottleError("USAGE", `${name} is a bottle: what it may do was fixed at its start`, {
      hint: "--allow and --path go with the name of an agent",
    });
  }
  const { policy, places } = isBottle
    ? await policyOfBottle(name, context)
    : await policyOfStart(startRequest(startInput(input, name), io), context).catch((error: unknown) => {
        throw inWords(error, name);
      });
  return {
    about: { kind: isBottle ? "bottle" : "agent", name, policyVersion: policy.version },
    asked: { method: word, url },
    explanation: explainRequest(policy, word, url, ownAddresses(), Date.now()),
    places,
    manifest: places.bottleFile ?? layout.operatorManifest,
    past: null,
  };
}

/** The words of `bottle start` that say the same. */
function startInput(input: VerbInput, agent: string): VerbInput {
  const path = text(input, "path");
  return {
    positionals: path === undefined ? [agent] : [agent, path],
    options: { allow: texts(input, "allow"), dryRun: true },
    rest: [],
  };
}

function misread(name: string, word: string): BottleError {
  return /^https?:/i.test(word)
    ? new BottleError("USAGE", "the method is missing", { hint: `bottle why ${name} GET URL` })
    : new BottleError("USAGE", `${JSON.stringify(word)} is not the id of a request, and a URL is missing`, {
        hint: `bottle why ${name} GET URL, or an id as bottle audit ${name} shows it`,
      });
}

function inWords(error: unknown, name: string): unknown {
  if (!(error instanceof BottleError)) return error;
  if (error.code === "WORKSPACE_REFUSED") {
    return new BottleError(error.code, error.message, { hint: "name the folder of a project: --path FOLDER" });
  }
  if (error.code !== "AGENT_UNKNOWN") return error;
  return new BottleError("AGENT_UNKNOWN", `neither a bottle nor an agent is called ${name}`, {
    hint: `bottle ls lists bottles; ${error.hint ?? ""}`,
  });
}
