import { BACKEND_NAMES, loadBackend } from "../backends/builtins.ts";
import type { Finding } from "../core/model/finding.ts";
import { printable } from "../core/wire/printable.ts";
import { sessionContext } from "./session-context.ts";
import { text, type VerbRun } from "./verb.ts";

const MARKS = { ok: "ok", warning: "warn", error: "FAIL" } as const;

/** `bottle doctor`: probes each backend with its real arguments. Exit 4 when no bottle could start. */
export const doctor: VerbRun = async (input, io) => {
  const { facts } = sessionContext(io);
  const findings: (Finding & { backend: string })[] = [];
  for (const backend of await Promise.all(BACKEND_NAMES.map(loadBackend))) {
    findings.push(...(await backend.probe(facts)).map((finding) => ({ backend: backend.name, ...finding })));
  }
  const fit = findings.every((finding) => finding.level !== "error");
  if (text(input, "format") === "json") io.out(`${JSON.stringify({ ok: fit, findings }, null, 2)}\n`);
  else {
    for (const { level, backend, message, mend } of findings) {
      io.out(`${MARKS[level].padEnd(4)}  ${backend}: ${printable(message)}\n`);
      if (mend !== undefined) io.out(`      ${printable(mend)}\n`);
    }
    io.out(fit ? "\nbottles can start here\n" : "\nno bottle can start here yet: mend what is marked FAIL\n");
  }
  return fit ? 0 : 4;
};
