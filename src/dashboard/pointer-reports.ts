/** What the mouse did, or where the operator's eyes went. Cells are counted from 1. */
export type PointerReport =
  | { readonly kind: "press" | "wheel-up" | "wheel-down"; readonly column: number; readonly row: number }
  | { readonly kind: "focus" | "blur" };

/** What was read from a terminal, without the reports in it. */
export interface Sifted {
  readonly rest: string;
  readonly reports: readonly PointerReport[];
}

const ESC = "\u001b";
const PASTE = `${ESC}[200~`;
const PASTE_END = `${ESC}[201~`;
/** SGR 1006: `ESC [ < button ; column ; row M`, and m where it is let go. No screen has more cells than five digits count. */
const MOUSE = /^\u001b\[<(\d{1,3});(\d{1,5});(\d{1,5})([Mm])/;
const FOCUS = /^\u001b\[([IO])/;
/** The older form, of a terminal that knows no 1006: three characters, which would be keys. */
const OLD = /^\u001b\[M[\s\S]{3}/u;
/** What may become one of these with the next piece. `ESC` alone is a key, and is not kept back. */
const BEGUN = /^\u001b\[(?:$|<[\d;]{0,15}$|M[\s\S]{0,2}$|20{0,2}$|200$)/u;

const LEFT = 0;
const WHEEL_UP = 64;
const WHEEL_DOWN = 65;

/**
 * Takes the mouse's and the focus's reports (xterm control sequences, modes 1000, 1004, 1006) out of what a terminal sends,
 * piece by piece: what is left is keys and pastes. What is pasted is never a report. Keeps back at most 20 characters.
 */
export function pointerSieve(): (piece: string) => Sifted {
  let kept = "";
  let pasting = false;
  /** The piece before ended in an `ESC` that was let through. */
  let escaped = false;
  return (piece) => {
    let text = kept + piece;
    kept = "";
    let rest = "";
    const reports: PointerReport[] = [];
    if (escaped && /^\[(?:<|M|[IO]$)/.test(text)) text = ESC + text;
    escaped = false;
    while (text !== "") {
      const at = text.indexOf(ESC);
      if (at < 0) {
        rest += text;
        break;
      }
      rest += text.slice(0, at);
      text = text.slice(at);
      if (pasting) {
        if (text.startsWith(PASTE_END)) pasting = false;
        else if (PASTE_END.startsWith(text)) {
          kept = text;
          break;
        }
        rest += ESC;
        text = text.slice(1);
        continue;
      }
      const [whole] = MOUSE.exec(text) ?? FOCUS.exec(text) ?? OLD.exec(text) ?? [];
      if (whole !== undefined) {
        const report = reportOf(whole);
        if (report !== null) reports.push(report);
        text = text.slice(whole.length);
        continue;
      }
      if (BEGUN.test(text)) {
        kept = text;
        break;
      }
      if (text.startsWith(PASTE)) pasting = true;
      rest += ESC;
      text = text.slice(1);
      escaped = text === "";
    }
    return { rest, reports };
  };
}

/** Only what is acted on: a press of the left button without a modifier, and the wheel. */
function reportOf(text: string): PointerReport | null {
  const [, eyes] = FOCUS.exec(text) ?? [];
  if (eyes !== undefined) return { kind: eyes === "I" ? "focus" : "blur" };
  const [, button, column, row, end] = MOUSE.exec(text) ?? [];
  if (button === undefined || end !== "M") return null;
  const place = { column: Number(column), row: Number(row) };
  switch (Number(button)) {
    case LEFT:
      return { kind: "press", ...place };
    case WHEEL_UP:
      return { kind: "wheel-up", ...place };
    case WHEEL_DOWN:
      return { kind: "wheel-down", ...place };
    default:
      return null;
  }
}
