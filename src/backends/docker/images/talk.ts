/** Cuts what a program prints into lines as it comes. */
export interface LineReader {
  readonly push: (chunk: Buffer) => void;
  /** The rest, when no more comes. */
  end(): void;
  /** The last line that said something. */
  last(): string;
}

/** A line that never ends is cut here. */
const LONGEST = 4096;

export function lineReader(say: (line: string) => void): LineReader {
  const decoder = new TextDecoder();
  let open = "";
  let last = "it said nothing";
  const line = (text: string) => {
    // A carriage return starts a line anew (a progress bar); of those only the last is of interest.
    const shown = text.slice(text.lastIndexOf("\r", text.length - 2) + 1).trimEnd();
    if (shown === "") return;
    last = shown;
    say(shown);
  };
  return {
    push: (chunk) => {
      const lines = (open + decoder.decode(chunk, { stream: true })).split("\n");
      open = lines.pop() ?? "";
      for (const text of lines) line(text);
      if (open.length > LONGEST) {
        line(open);
        open = "";
      }
    },
    end: () => {
      line(open);
      open = "";
    },
    last: () => last,
  };
}
