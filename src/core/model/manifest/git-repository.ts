import { z } from "zod";
import { ownerAndName } from "../../gitgate/forge-api.ts";
import { protectedPathProblem } from "../../gitgate/protected-paths.ts";
import { refPatternProblem } from "../../gitgate/ref-pattern.ts";
import { readRemoteUrl } from "../../gitgate/remote-url.ts";
import { gitCredential } from "./git-credential.ts";
import { fixedPath, judged, size } from "./words.ts";

const pattern = judged(refPatternProblem);

/** `bottles.<name>.git.repos.<name>` */
export const gitRepository = z
  .strictObject({
    url: judged((text) => {
      const reading = readRemoteUrl(text);
      return reading.ok ? null : reading.why;
    }).describe("Where it lies: `https://host/path`, `ssh://user@host/path` or `user@host:path`. No password in it."),
    credential: gitCredential
      .optional()
      .describe(
        "Who the gate is there: exactly one of `source` (for ssh a private key), `githubApp` (for https) and `deployKey` (for ssh). Only the git gate ever sends it, and only there. Default: none.",
      ),
    key: fixedPath
      .optional()
      .describe("For ssh: file of a private key without passphrase, short for `credential.source.file`."),
    hostKey: z
      .string()
      .max(2000)
      .regex(/^(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/]{20,}={0,3}$/, "type and key, as in known_hosts")
      .optional()
      .describe(
        "For ssh: the one host key that the server may show, e.g. what `ssh-keyscan` prints, without the host.",
      ),
    ca: fixedPath
      .optional()
      .describe("PEM file with the certificates that the server is verified against. Default: the system's."),
    branches: z
      .array(pattern)
      .max(64)
      .optional()
      .describe(
        "Branches that may be pushed, e.g. `bot/{bottle}/*`: `{bottle}` is the bottle's name, `*` any characters. They only move forward. Default: none, so that it can only be read.",
      ),
    tags: z.array(pattern).max(64).optional().describe("Tags that may be made. Default: none."),
    protect: z
      .array(judged(protectedPathProblem))
      .max(256)
      .optional()
      .describe(
        "Paths that no push may change, besides those of CI, hooks, `.gitattributes` and `.gitmodules`; folders end in a slash.",
      ),
    ask: z
      .literal(true, { error: "expected true; leave `ask` out and such pushes are refused" })
      .optional()
      .describe(
        "A push that changes a protected path waits for your answer (`bottle approvals`), as long as `egress.askTimeout` says. Default: it is refused.",
      ),
    secrets: z
      .literal("ask", { error: 'expected "ask"; leave `secrets` out and such pushes are refused' })
      .optional()
      .describe(
        "A push with what looks like a token waits for your answer, which is for this push alone. Declared values and the bait are refused all the same, and so is such a push that changes a protected path. Default: it is refused.",
      ),
    limits: z
      .strictObject({
        pack: size.optional().describe("Size of one push, as it comes. Default: `512M`."),
        refs: z.int().min(1).max(1000).optional().describe("Refs that one push may change. Default: 8."),
        seconds: z
          .int()
          .min(1)
          .max(7200)
          .optional()
          .describe("How long the server may take for one fetch or push. Default: 900."),
      })
      .optional()
      .describe("What one push may be."),
  })
  .superRefine((value, context) => {
    const reading = readRemoteUrl(value.url);
    if (!reading.ok) return;
    const ssh = reading.remote.transport === "ssh";
    const wrong = (key: keyof typeof value, message: string) =>
      context.addIssue({ code: "custom", path: [key], message });
    if (ssh && value.credential?.username !== undefined) {
      wrong("credential", "of an ssh URL the user name is a part");
    }
    const { deployKey, githubApp } = value.credential ?? {};
    const minted = deployKey ?? githubApp;
    if (ssh && githubApp !== undefined) wrong("credential", "tokens of an app need an https URL");
    if (!ssh && deployKey !== undefined) wrong("credential", "a deploy key needs an ssh URL");
    if (minted !== undefined && ownerAndName(reading.remote.path) === null)
      wrong("url", "a forge makes credentials for owner/repository");
    const { host } = reading.remote;
    if (githubApp !== undefined && (host === "github.com") === (githubApp.api !== undefined))
      wrong(
        "credential",
        host === "github.com"
          ? "of github.com the API is api.github.com: leave `api` out"
          : "the `api` of a GitHub Enterprise server must be given, e.g. https://HOST/api/v3",
      );
    if (ssh && value.ca !== undefined) wrong("ca", "an ssh URL takes a `hostKey`");
    if (ssh && (value.key === undefined) === (value.credential === undefined)) {
      wrong("key", "an ssh URL needs a private key: `key` or `credential`, one of them");
    }
    if (ssh && value.hostKey === undefined)
      wrong("hostKey", "an ssh URL needs the server's own key: nothing is trusted at first sight");
    if (!ssh && value.key !== undefined) wrong("key", "an https URL takes a `credential`");
    if (!ssh && value.hostKey !== undefined) wrong("hostKey", "an https URL takes a `ca`");
  });
