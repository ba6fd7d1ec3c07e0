import type { Theme } from "./model.ts";
import type { Line, Tone } from "./spans.ts";

/** SGR parameters (ECMA-48): only the terminal's own sixteen colours, which fit its background. */
const DARK: Readonly<Record<Tone, string>> = {
  plain: "",
  dim: "2",
  bold: "1",
  need: "1;93",
  work: "92",
  done: "96",
  bad: "91",
  title: "1",
  key: "1;96",
  add: "92",
  remove: "91",
};
const LIGHT: Readonly<Record<Tone, string>> = {
  ...DARK,
  dim: "90",
  need: "1;35",
  work: "32",
  done: "34",
  bad: "31",
  key: "1;34",
  add: "32",
  remove: "31",
};
const NONE: Readonly<Record<Tone, string>> = {
  ...DARK,
  dim: "",
  need: "1",
  work: "",
  done: "",
  bad: "1",
  key: "1",
  add: "",
  remove: "",
};
const THEMES: Readonly<Record<Theme, typeof DARK>> = { dark: DARK, light: LIGHT, none: NONE };

/** A line with its colours. Colour only adds: without it the same is said by shapes and words. */
export function painted(line: Line, theme: Theme): string {
  const tones = THEMES[theme];
  return line
    .map(({ text, tone, inverse }) => {
      const codes = [tones[tone], inverse ? "7" : ""].filter((code) => code !== "").join(";");
      return codes === "" ? text : `\u001b[${codes}m${text}\u001b[0m`;
    })
    .join("");
}
