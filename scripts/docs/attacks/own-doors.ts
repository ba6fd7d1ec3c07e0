import type { AttackSection } from "./row.ts";

const PAGE = "dashboard: not built yet";

export const OWN_DOORS: AttackSection = {
  title: "Doors of the design itself",
  rows: [
    {
      row: 137,
      attack:
        "the model's provider as a proxy: MCP servers, web tools, images and files by URL in a request to Anthropic, OpenAI, Gemini",
      must: "strict JSON; what the provider would fetch or run is denied unless listed, and the plan names what is",
      partial: "for the Anthropic Messages API; others have no body rule yet",
    },
    {
      row: 138,
      attack:
        "the operator's terminal and process group: SIGUSR1 to the inspector, SIGSTOP, a descriptor that reads keys",
      must: "a terminal, session and process group of its own; no inspector",
    },
    {
      row: 139,
      attack: "git of the host on a repository of the agent: fsmonitor, diff drivers, filters, hooks",
      must: "never there: read and packed in a throw-away cage, imported into a repository apart, fsck on",
    },
    {
      row: 140,
      attack:
        "a bind of home, `/`, a worktree, settings, the state folder or `/tmp`; what a bind leaves behind for the next prompt",
      must: "refused by real path; a bind is typed and named as a risk; two bottles never bind one folder",
    },
    {
      row: 141,
      attack:
        "a hostile `bot-bottle.json`: built-in names, strong bottles, arguments, variables, paths, commands, dials",
      must: "an untrusted file says harmless keys or nothing",
    },
    {
      row: 142,
      attack:
        "AF_VSOCK, AF_PACKET, AF_ALG, netlink; x32 and foreign calls; high bits; process_vm_*, pidfd_getfd, keyrings, userfaultfd",
      must: "four socket families, foreign calls kill, the rest is refused; the seal check looks again",
    },
    {
      row: 143,
      attack: "links, FIFOs, sparse files, deep trees and forged archives where the host copies, measures or deletes",
      must: "host code never walks such a tree: a throw-away cage does, and what it packs is taken apart strictly",
    },
    {
      row: 144,
      attack: "one approval lets another held request go",
      must: "only the same method, authority, path, query and body",
    },
    {
      row: 145,
      attack: "a repository acts at `start`: submodules, filters, LFS, `node_modules/.bin/git`",
      must: "no program and no setting of it is used; tools of the host by absolute path",
    },
    {
      row: 146,
      attack: "started as root: kernel uid 0 inside, `/etc/ssl/private` to be read",
      must: "never uid 0, no groups of the host; of `/etc` only listed parts",
    },
    {
      row: 147,
      attack: "secrets in the environment of tmux or of git hooks",
      must: "both from an empty environment; hooks hold none",
    },
    {
      row: 148,
      attack: "two writers of the policy: a revoked grant comes back, a full disk blocks a revoke",
      must: "one writer, versions that only grow; what failed grants nothing",
    },
    {
      row: 149,
      attack: "end with 0 to have the log removed, kill the gateway after it forwarded, cut the log's tail",
      must: "log, plan and transcript are archived whatever the code; the head's hash is kept elsewhere",
    },
    {
      row: 150,
      attack: "a sidecar that parses hostile bytes writes what the host trusts",
      must: "a narrow stream, no state folder; without the stream it denies",
    },
    {
      row: 151,
      attack: "another server on 127.0.0.1 gets the page's cookie (RFC 6265 8.5)",
      must: "no cookie: a token in a field; a gateway never dials the page",
      open: PAGE,
    },
    {
      row: 152,
      attack: "`#(cmd)` in names for tmux, modelines, text in the words of a notifier",
      must: "escaped for the very place where it is shown",
    },
    {
      row: 153,
      attack: "what the bottle's first process says is forged: codes, listeners, states",
      must: "a capped grammar, claims and not facts; processes are known by pid, start and boot",
    },
    {
      row: 154,
      attack: "fill `/dev/shm` and `/dev`, fork without end",
      must: "everything has a size; without control groups a second bottle is refused unless the operator says so, and the host process ends what is over",
    },
    {
      row: 155,
      attack: "`${NAME}` in the manifest brings a real credential in",
      must: "what is a credential, or looks like one, is refused without `expose`; the host searches what the seal check streams out",
    },
    {
      row: 156,
      attack: "`dial` to metadata, to a name, to own ports, over plain HTTP with a credential",
      must: "a literal address or socket of the operator's file; TLS against the given CA; shown in plan and log",
    },
  ],
};
