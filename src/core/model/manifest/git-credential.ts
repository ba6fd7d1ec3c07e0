import { z } from "zod";
import { forgeApiProblem } from "../../gitgate/forge-api.ts";
import { source } from "./credential.ts";
import { fixedPath, judged } from "./words.ts";

const api = judged(forgeApiProblem);

/** `bottles.<name>.git.repos.<name>.credential` */
export const gitCredential = z
  .strictObject({
    source: source.optional().describe("Where the token or password is found on this host, each time a bottle starts."),
    username: z
      .string()
      .max(256)
      .regex(/^[^:\x00-\x1f\x7f]*$/, "no colon (RFC 7617, 2)")
      .optional()
      .describe("User name beside `source`. Default: `x-access-token`, which GitHub wants; GitLab: `oauth2`."),
    deployKey: z
      .strictObject({
        token: source.describe(
          "Where a token of the forge is found that may change the repository's deploy keys (Gitea: scope `write:repository`, of an administrator of the repository).",
        ),
        api: api.optional().describe("Root of the forge's API. Default: `https://HOST/api/v1`, HOST as in `url`."),
        ca: fixedPath
          .optional()
          .describe("PEM file with the certificates that the API is verified against. Default: the system's."),
      })
      .optional()
      .describe(
        "A Gitea or Forgejo is given a new ssh key for each bottle, for this repository only, and it is taken back when the bottle ends.",
      ),
    githubApp: z
      .strictObject({
        app: z
          .string()
          .regex(/^[A-Za-z0-9._-]{1,64}$/, "the client id or the id of the app")
          .describe("Client id (or id) of the GitHub App."),
        installation: z.int().min(1).describe("Id of its installation at the owner of the repository."),
        key: source.describe("Where the app's private key (PEM) is found on this host."),
        api: api.optional().describe("Root of the API of a GitHub Enterprise server. github.com has its own."),
      })
      .optional()
      .describe(
        "Tokens of a GitHub App for this repository only, each for an hour at most, ended when the bottle ends.",
      ),
  })
  .superRefine((value, context) => {
    const { source: own, deployKey, githubApp, username } = value;
    const wrong = (message: string, path: readonly string[] = []) =>
      context.addIssue({ code: "custom", path: [...path], message, input: value });
    if ([own, deployKey, githubApp].filter((kind) => kind !== undefined).length !== 1)
      wrong("exactly one of source, deployKey and githubApp");
    if (username !== undefined && own === undefined) wrong("goes with `source` only", ["username"]);
  });
