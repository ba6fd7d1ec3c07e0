import type { AttackSection } from "./row.ts";

export const CREDENTIALS: AttackSection = {
  title: "Credentials",
  rows: [
    {
      row: 89,
      attack: "the upstream sends the credential back in a field, a body, an error page",
      must: "known values are masked in heads and bodies as they stream; no encoding is asked for",
    },
    {
      row: 90,
      attack: "the same in base64, hex, percent, JSON escapes or a mix of them, as a Basic pair, cut into pieces",
      must: "these forms are masked at every cut, each character in any spelling; home-made ones cannot be, hence few hosts",
    },
    {
      row: 91,
      attack: "an encoded answer although none was asked for",
      must: "refused where a credential was written",
    },
    { row: 92, attack: "a placeholder sent to another host or port", must: "blocked, with an alert" },
    {
      row: 93,
      attack: "a placeholder in an odd place of its own host: User-Agent, cookie, path, JSON key",
      must: "the credential is written into its slot alone, elsewhere the placeholder stays what it is",
    },
    {
      row: 94,
      attack: "placeholders within placeholders, `$&` in a value",
      must: "nested ones are refused; one pass, values taken literally",
    },
    { row: 95, attack: "the client brings an Authorization of its own", must: "all are dropped, one is written" },
    {
      row: 96,
      attack: "a credential over plain HTTP or to an upstream that is not verified",
      must: "never; no rule and no variable turns verification off",
    },
    { row: 97, attack: "fronting to get a credential written", must: "the authority is judged before" },
    {
      row: 98,
      attack: "endpoints that hand out new tokens: OAuth, PATs, STS",
      must: "denied where a credential is written, but for a path that a rule names; session cookies are dropped there",
      partial: "known endpoints only: an answer of any other is not searched for tokens that are new",
    },
    {
      row: 99,
      attack: "the agent logs in at an allowed host with a token of an account of its own",
      must: "other logins are dropped or refused where ours is written",
    },
    {
      row: 100,
      attack: "a secret in logs, dumps or labels",
      must: "names and never values; no output holds one",
    },
    {
      row: 101,
      attack: "Proxy-Authorization passed on, or the identity of another bottle",
      must: "such fields end at the gateway; the listener is the identity",
    },
    {
      row: 102,
      attack: "theft of the CA's key, a CA that is good for everything",
      must: "a CA for each bottle, its key in memory only; short-lived leaves for one host",
    },
    {
      row: 103,
      attack: "a client that pins certificates fails under inspection",
      must: "a splice rule without credentials; a failure is in the log and never falls back",
    },
    {
      row: 104,
      attack: "lengths or times that tell of a secret",
      must: "a placeholder has the shape of its kind; nothing tells of a partial match",
    },
  ],
};
