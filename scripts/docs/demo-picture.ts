import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "../page.ts";

const LINE = 17;
const COLUMN = 7.83;
const MARGIN = 18;
const BAR = 30;

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** One line of the report: the verdict in green, names in bold, evidence plain. */
function coloured(line: string): string {
  const row = /^( {2})(ok|FAIL)( +)(\S.*?)( {2,})(.*)$/.exec(line);
  if (row === null) return escaped(line);
  const [, lead = "", verdict = "", gap = "", name = "", space = "", rest = ""] = row;
  const tone = verdict === "ok" ? "#3fb950" : "#f85149";
  return `${lead}<tspan fill="${tone}" font-weight="bold">${verdict}</tspan>${gap}<tspan fill="#ffffff" font-weight="bold">${escaped(name)}</tspan>${space}${escaped(rest)}`;
}

/** docs/demo.svg: what docs/demo.md says that the demo prints, as a terminal shows it. */
export function demoPicturePages(): Page[] {
  const page = readFileSync(join(import.meta.dirname, "../../docs/demo.md"), "utf8");
  const printed = /## What it prints\n\n```\n(.*?)\n```/s.exec(page)?.[1];
  if (printed === undefined) throw new Error("docs/demo.md does not say what the demo prints");
  const lines = ["$ ./bottle demo", ...printed.split("\n")];
  const width = Math.ceil(Math.max(...lines.map((line) => line.length)) * COLUMN) + 2 * MARGIN;
  const height = lines.length * LINE + BAR + 2 * MARGIN;
  const rows = lines.map(
    (line, at) => `<text x="${MARGIN}" y="${BAR + MARGIN + at * LINE + 12}">${coloured(line)}</text>`,
  );
  const dots = ["#ff5f57", "#febc2e", "#28c840"].map(
    (tone, at) => `<circle cx="${MARGIN + at * 18}" cy="16" r="5.5" fill="${tone}"/>`,
  );
  const text = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="What bottle demo prints: six probes, each with its evidence">
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${dots.join("\n")}
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13" fill="#c9d1d9" xml:space="preserve" style="white-space:pre">
${rows.join("\n")}
</g>
</svg>
`;
  return [{ path: "docs/demo.svg", text }];
}
