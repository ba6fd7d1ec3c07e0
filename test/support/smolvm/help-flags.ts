/** An option as `--help` shows it. */
export interface ShownFlag {
  readonly long: string;
  readonly short: string | null;
  /** What stands for its value, as `<PATH>`; null: it takes none. */
  readonly value: string | null;
}

const OPTION = /^ {2,6}(?:-([A-Za-z]), )?--([a-z][a-z0-9-]*)( [<[].*)?(?: {2}.*)?$/;
const VALUE = /(?<=^ )<[^>]+>/;
const ALIAS = /\[(?:short )?aliases: -([A-Za-z])\]/;

/** PURE: the options in a help text of clap 4, in its short or its long layout, without `--help` and `--version`. */
export function flagsOfHelp(text: string): readonly ShownFlag[] {
  const found: ShownFlag[] = [];
  for (const line of text.split("\n")) {
    const [whole, short, long, value] = OPTION.exec(line) ?? [];
    const alias = ALIAS.exec(line)?.[1];
    if (whole !== undefined && long !== undefined) {
      found.push({ long, short: short ?? alias ?? null, value: VALUE.exec(value ?? "")?.[0] ?? null });
      continue;
    }
    const last = found.at(-1);
    if (alias !== undefined && last !== undefined && last.short === null) {
      found[found.length - 1] = { ...last, short: alias };
    }
  }
  return found.filter(({ long }) => long !== "help" && long !== "version");
}

/** PURE: `-n/--name <NAME>` and the like, as reports say it. */
export function flagWords({ long, short, value }: ShownFlag): string {
  return `${short === null ? "" : `-${short}/`}--${long}${value === null ? "" : ` ${value}`}`;
}
