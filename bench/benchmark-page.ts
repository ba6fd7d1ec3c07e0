/** One section of docs/benchmarks.md, from its title on. */
export interface PageSection {
  readonly title: string;
  /** With the title's line. */
  readonly text: string;
}

/** `page` with these sections anew, each in its place; one that is new comes last. All others stay as they were. */
export function renewed(page: string, sections: readonly PageSection[]): string {
  const [head = "", ...parts] = page.split(/^(?=## )/m);
  const texts = new Map(sections.map(({ title, text }) => [title, `${text.trimEnd()}\n`]));
  const body = parts.map((part) => {
    const title = /^## (.*)$/m.exec(part)?.[1] ?? "";
    const text = texts.get(title) ?? part;
    texts.delete(title);
    return `${text.trimEnd()}\n`;
  });
  return [`${head.trimEnd()}\n`, ...body, ...texts.values()].join("\n");
}
