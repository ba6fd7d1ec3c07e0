import { BACKEND_NAMES, loadBackend } from "../backends/builtins.ts";
import type { Finding } from "../core/model/finding.ts";
import { printable } from "../core/wire/printable.ts";
import { findGitleaks, unusable } from "../gitgate/gitleaks.ts";
import { installDebianPackages } from "../host/debian-packages.ts";
import type { SessionContext } from "../session/context.ts";
import { type Holding, listHoldings } from "../session/holdings.ts";
import { notifyFinding } from "../session/notify-finding.ts";
import { inspectState, type Upkeep } from "../session/upkeep.ts";
import type { Io } from "./io.ts";
import { report } from "./report.ts";
import { sessionContext } from "./session-context.ts";
import { readableSize, table } from "./table.ts";
import { flag, text, type VerbRun } from "./verb.ts";

const MARKS = { ok: "ok", warning: "warn", error: "FAIL" } as const;

interface Diagnosis {
  /** `backend`: its name, or `state`: what lies on disk; or `git gate`, `notify`. */
  readonly findings: readonly (Finding & { readonly backend: string })[];
  readonly upkeep: readonly Upkeep[];
  /** Could a bottle start here? */
  readonly fit: boolean;
}

/** `bottle doctor`: probes each backend with its real arguments. Exit 4 when none of them could start a bottle. */
export const doctor: VerbRun = async (input, io) => {
  const context = sessionContext(io);
  let diagnosis = await diagnose(context);
  const fixed = flag(input, "fix") ? await fix(diagnosis, io) : [];
  if (fixed.length > 0) diagnosis = await diagnose(context);
  const { findings, fit } = diagnosis;
  const holdings = await listHoldings(await Promise.all(BACKEND_NAMES.map(loadBackend)), context);
  if (text(input, "format") === "json") io.out(`${JSON.stringify({ ok: fit, findings, fixed, holdings }, null, 2)}\n`);
  else {
    for (const line of fixed) io.out(`fixed ${printable(line)}\n`);
    for (const { level, backend, message, mend } of findings) {
      io.out(`${MARKS[level].padEnd(4)}  ${backend}: ${printable(message)}\n`);
      if (mend !== undefined) io.out(`      ${printable(mend)}\n`);
    }
    if (holdings.length > 0) io.out(`\n${holdingsTable(holdings)}`);
    io.out(fit ? "\nbottles can start here\n" : "\nno bottle can start here yet: mend what is marked FAIL\n");
  }
  return fit ? 0 : 4;
};

const NOUNS: Readonly<Record<Holding["kind"], string>> = {
  creating: "bottles being made",
  running: "running bottles",
  exited: "ended bottles",
  failed: "bottles that failed",
  lost: "bottles whose host process was killed",
  unreadable: "bottles whose record cannot be read",
  removal: "removals not at their end",
  archive: "archived bottles",
  image: "images",
  cache: "cache: programs fetched, images for machines, compiled code",
};

function holdingsTable(holdings: readonly Holding[]): string {
  return table(
    ["BACKEND", "COUNT", "SIZE", "WHAT"],
    holdings.map(({ backend, kind, count, bytes }) => [
      backend ?? "-",
      String(count),
      readableSize(bytes),
      NOUNS[kind],
    ]),
  );
}

async function diagnose(context: SessionContext): Promise<Diagnosis> {
  const backends = await Promise.all(BACKEND_NAMES.map(loadBackend));
  const findings: (Finding & { backend: string })[] = [];
  let some = false;
  for (const backend of backends) {
    const found = await backend.probe(context.facts);
    findings.push(...found.map((finding) => ({ backend: backend.name, ...finding })));
    some ||= found.every((finding) => finding.level !== "error");
  }
  const upkeep = await inspectState(backends, context);
  const state = upkeep.map(({ finding }) => ({ backend: "state", ...finding }));
  const gate = { backend: "git gate", ...(await gitleaksFinding(context)) };
  const told = await notifyFinding(context);
  const notify = told === null ? [] : [{ backend: "notify", ...told }];
  const fit = some && state.every(({ level }) => level !== "error");
  return { findings: [...findings, gate, ...notify, ...state], upkeep, fit };
}

/** What searches a push: our own engine always, so that none of this keeps a bottle from starting. */
async function gitleaksFinding({ facts }: SessionContext): Promise<Finding> {
  const found = await findGitleaks(facts.tools);
  if (found.kind === "unknown") {
    const mend = "install gitleaks 8.30.1 in /usr/local/bin, or take the one away";
    return { id: "gitleaks", level: "warning", message: `gitleaks is not used: ${unusable(found.said)}`, mend };
  }
  const message =
    found.kind === "present"
      ? `pushes are searched for secrets by bot-bottle and by gitleaks ${found.version}`
      : "pushes are searched for secrets by bot-bottle; gitleaks, which would search beside it, is not installed";
  return { id: "gitleaks", level: "ok", message };
}

/** Mends what nothing is lost by; answers what was mended, and says what was not. */
async function fix({ findings, upkeep }: Diagnosis, io: Io): Promise<readonly string[]> {
  const fixed: string[] = [];
  const packages = [...new Set(findings.flatMap(({ debianPackage }) => debianPackage ?? []))];
  if (packages.length > 0) {
    const outcome = await installDebianPackages(packages, (line) => io.say(`bottle: ${line}`));
    if (outcome.ok) fixed.push(`installed ${packages.join(", ")}`);
    else io.say(`bottle: ${packages.join(", ")} not installed: ${outcome.why}; type: ${outcome.type}`);
  }
  for (const { fix } of upkeep) {
    if (fix === null) continue;
    try {
      fixed.push(await fix());
    } catch (error) {
      report(error, io);
    }
  }
  return fixed;
}
