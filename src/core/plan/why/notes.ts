import type { EgressRule } from "../../model/policy.ts";
import type { RequestFacts } from "../../policy/decide.ts";
import { formatSize } from "../sizes.ts";
import { carriesBodies, isOneAddress } from "../whole-access.ts";
import type { Judged } from "./judged.ts";

/** What else is checked when the request is really made, and what happens to it; for one that is allowed so far. */
export function notesOn(facts: RequestFacts, judged: Judged): readonly string[] {
  const { decision, rule, spliced } = judged;
  if (rule === null || !("scheme" in rule)) return [];
  if (spliced) {
    return ["the connection is not looked into: method and path are not judged", ...destinationNotes(rule, facts)];
  }
  const notes = (decision?.credentials ?? []).map(
    ({ name }) => `the credential ${name} is written into it, if it has a value then`,
  );
  if (rule.cookies === "drop" || (rule.cookies === undefined && notes.length > 0)) {
    notes.push("Set-Cookie of the answer is dropped");
  }
  if (rule.body !== null) notes.push(`its body must be a request of shape ${rule.body.shape}`);
  if (rule.body === null && carriesBodies(rule) && isOneAddress(facts.path))
    notes.push("what it does stands in its body alone, which is not judged: here the rule is full access");
  if (!["GET", "HEAD"].includes(facts.method)) {
    notes.push("its body is searched for this bottle's secrets");
    // Of a rule for some methods it goes without saying.
    if (decision !== null && decision.bodyMethods !== null && decision.bodyMethods !== rule.methods) {
      notes.push(`a form or JSON in its body may name no other method than ${decision.bodyMethods.join(", ")}`);
    }
  }
  if (rule.maxRequestBytes !== null) {
    notes.push(
      rule.maxRequestBytes === 0
        ? "it may have no body"
        : `its body may have up to ${formatSize(rule.maxRequestBytes)}`,
    );
  }
  return [...notes, "its headers must hold no credential of another host", ...destinationNotes(rule, facts)];
}

function destinationNotes(rule: EgressRule, { authority }: RequestFacts): readonly string[] {
  if (rule.dial !== null) {
    const where = rule.dial.kind === "unix" ? rule.dial.path : `${rule.dial.address} port ${rule.dial.port}`;
    return [`it is dialled at ${where}`];
  }
  if (authority.kind !== "name") return [];
  return ["nothing was looked up: a name that leads to a private or own address, or to a metadata service, is refused"];
}

/** What a denial alone does not say. */
export function notesOnDenial({ reason, rule }: Judged, method: string): readonly string[] {
  if (rule !== null && !("mode" in rule)) {
    return ["what denies goes before every rule: only taking it out, or making it narrower, helps"];
  }
  if (reason === "method-refused" && method !== method.toUpperCase()) {
    return [`methods are told apart by their letters: ${method.toUpperCase()} is another one`];
  }
  return [];
}

/** What a client would do to a URL before it is sent, where that is why it cannot be read. */
export function notesOnUrl(url: string): readonly string[] {
  if (url.includes("#")) return ["clients keep what follows `#` to themselves: ask without it"];
  const [authority = "", ...rest] = url.replace(/^https?:\/\//i, "").split("/");
  if (/[^\x21-\x7e]/.test(authority)) return ["clients send such a host in its ASCII form (xn--...): ask for that"];
  if (/[^\x21-\x7e]/.test(rest.join("/"))) return ["clients percent-encode such characters: ask for what is sent"];
  return authority.includes("@") ? ["clients send a name and password as a header, never in the URL: ask without"] : [];
}
