import { BottleError } from "../core/model/errors.ts";
import type { Grant } from "../core/model/grant.ts";
import { coverage } from "../core/policy/grants.ts";
import { printable } from "../core/wire/printable.ts";
import type { GrantUse } from "../session/ledger.ts";
import { askHost, running } from "../session/waiting.ts";
import { report } from "./report.ts";
import { sessionContext } from "./session-context.ts";
import { age, table } from "./table.ts";
import { text, type VerbRun } from "./verb.ts";

interface Granted {
  readonly bottle: string;
  readonly version: number;
  readonly grants: readonly (Grant & GrantUse)[];
}

/** `bottle grants`: what operators allowed since the start; with --revoke one of them ends, at once. */
export const grants: VerbRun = async (input, io) => {
  const context = sessionContext(io);
  const [name] = input.positionals;
  const json = text(input, "format") === "json";
  const names = name === undefined ? (await running(context)).map((record) => record.name) : [name];
  let code = 0;
  const found: Granted[] = [];
  for (const bottle of names) {
    try {
      found.push({ bottle, ...((await askHost(bottle, { do: "grants" }, context)) as Omit<Granted, "bottle">) });
    } catch (error) {
      // One that hangs hides the others from nobody.
      if (name !== undefined) throw error;
      code = report(error, io);
    }
  }
  const revoked = text(input, "revoke");
  if (revoked === undefined) {
    if (json) io.out(`${JSON.stringify(found, null, 2)}\n`);
    else io.out(listed(found));
    return code;
  }
  const owner = found.find((one) => one.grants.some(({ id }) => id === revoked));
  const grant = owner?.grants.find(({ id }) => id === revoked);
  if (owner === undefined || grant === undefined) {
    throw new BottleError("GRANT_NOT_FOUND", `no grant is called ${printable(revoked, 64)}`, {
      hint: "bottle grants lists them",
    });
  }
  const answer = (await askHost(owner.bottle, { do: "revoke", grant: revoked }, context)) as {
    readonly version: number;
  };
  if (json) io.out(`${JSON.stringify({ bottle: owner.bottle, revoked, version: answer.version }, null, 2)}\n`);
  else io.out(`revoked ${revoked} of ${owner.bottle}, policy version ${answer.version}\n`);
  if (grant.scope === "persist") {
    io.say(`bottle: its rule for later bottles still stands in ${context.layout.operatorManifest}: take it out there`);
  }
  return code;
};

function listed(found: readonly Granted[]): string {
  const rows = found.flatMap(({ bottle, grants: all }) =>
    all.map((grant) => [grant.id, bottle, left(grant), used(grant), coverage(grant)]),
  );
  // Two grants whose paths differ at their ends must not look alike.
  return table(["GRANT", "BOTTLE", "LEFT", "USED", "COVERS"], rows, 4096);
}

/** What came of it: the first real use, and how many there were. */
function used({ uses, firstUse }: GrantUse): string {
  if (firstUse === null) return "not yet";
  const first = `${firstUse.status ?? "broke off"} at ${firstUse.at.slice(11, 16)}`;
  return uses === 1 ? first : `${first}, ${uses} times`;
}

function left({ expiresAt, scope }: Grant): string {
  if (expiresAt !== null) return age(expiresAt - Date.now());
  return scope === "persist" ? "in the manifest" : "while it runs";
}
