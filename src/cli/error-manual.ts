import { ERROR_PAGES } from "../core/model/error-pages.ts";
import { ERROR_CODES, type ErrorCode, EXIT_OF_KIND } from "../core/model/errors.ts";
import type { Block, Manual } from "./manual.ts";

/** What `bottle help CODE` prints: the section that docs/errors.md has for the code. */
export function errorManual(code: ErrorCode): Manual {
  const { kind, meaning } = ERROR_CODES[code];
  const { example, causes, mend } = ERROR_PAGES[code];
  const list = (items: readonly string[]): readonly Block[] =>
    items.map((item) => ({ kind: "text", text: `- ${item.replaceAll("`", "")}` }));
  return {
    name: code,
    summary: meaning,
    sections: [
      { title: code, blocks: [{ kind: "text", text: `${meaning} (${kind}, exit code ${EXIT_OF_KIND[kind]})` }] },
      { title: "EXAMPLE", blocks: [{ kind: "lines", lines: example }] },
      { title: "USUAL CAUSES", blocks: list(causes) },
      { title: "HOW TO MEND IT", blocks: list(mend) },
    ],
  };
}
