import { ByteQueue } from "./byte-queue.ts";
import { DecodedText } from "./decoded-text.ts";
import { CUT, createReading, INTRODUCES, nextIntroducer, readEscape } from "./escape-reading.ts";
import { type Found, NOTHING, type StreamSearch } from "./search.ts";

/** So much of a word is kept in case that an escape follows. */
const WORD_BYTES = 512;

/** So many characters of no width in a row are left out; a longer row is text, or a token would be waited for without end. */
const LONGEST_SILENCE = 16;

/** 1 for the bytes that end a word: blanks, controls, and the quotes and brackets between which values stand. */
const ENDS = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte <= 0x20 || byte === 0x7f || [..."\"'`<>"].some((sign) => sign.charCodeAt(0) === byte) ? 1 : 0,
);
const STOPS = ENDS.map((ends, byte) => ends | (INTRODUCES[byte] as number));

/**
 * Searches words in which characters are escaped, with the escapes taken off; words without any are left to the search
 * of the bytes as they are. Escapes within escapes are for the search of what comes out. Attack rows 106, 113.
 */
export class EscapeSearch implements StreamSearch {
  readonly #queue = new ByteQueue();
  readonly #text: DecodedText;
  readonly #reading = createReading();
  /** Up to here the stream was read. */
  #at = 0;
  /** Up to here ends of words were looked for, and the last one found. */
  #walked = 0;
  #word = 0;
  #inWord = false;
  /** Characters of no width up to here. */
  #silence = 0;

  constructor(make: () => StreamSearch) {
    this.#text = new DecodedText(make, 1);
  }

  get safe(): number {
    return this.#inWord ? this.#text.safe(this.#at) : this.#word;
  }

  push(bytes: Uint8Array, last: boolean): readonly Found[] {
    const queue = this.#queue;
    queue.append(bytes);
    const found: Found[] = [];
    this.#read(queue.view(), queue.offset, last, found);
    if (this.#inWord) this.#text.flush(last, found);
    else this.#findWord(queue.view(), queue.offset, this.#at);
    if (last) {
      this.#word = queue.end;
      this.#inWord = false;
    }
    queue.dropTo(this.#inWord ? this.#at : this.#word);
    return found.length === 0 ? NOTHING : found;
  }

  #read(bytes: Uint8Array, offset: number, last: boolean, found: Found[]): void {
    const reading = this.#reading;
    let text: string | null = null;
    let at = this.#at - offset;
    for (;;) {
      const from = at;
      if (this.#inWord) {
        while (at < bytes.length && STOPS[bytes[at] as number] === 0) at++;
      } else {
        text ??= Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
        at = nextIntroducer(text, at);
      }
      if (at > from) this.#silence = 0;
      if (this.#inWord && at > from) this.#text.addLiteral(bytes.subarray(from, at), offset + from);
      if (at === bytes.length) break;
      if (ENDS[bytes[at] as number] === 1) {
        // Only in a word.
        this.#silence = 0;
        this.#text.addLiteral(bytes.subarray(at, at + 1), offset + at);
        this.#text.flush(true, found);
        at++;
        this.#inWord = false;
        this.#word = offset + at;
        this.#walked = this.#word;
        continue;
      }
      const length = readEscape(bytes, at, reading);
      if (length === CUT && !last) break;
      if (length <= 0) {
        if (this.#inWord) this.#text.addLiteral(bytes.subarray(at, at + 1), offset + at);
        at++;
        continue;
      }
      this.#silence = reading.code < 0 ? this.#silence + 1 : 0;
      if (this.#inWord && this.#silence > LONGEST_SILENCE) {
        this.#text.addLiteral(bytes.subarray(at, at + length), offset + at);
        at += length;
        continue;
      }
      if (!this.#inWord && reading.telling) {
        // Anew from the beginning of the word: quotes that are escaped before it count now.
        this.#findWord(bytes, offset, offset + at);
        this.#inWord = true;
        this.#silence = 0;
        at = this.#word - offset;
        continue;
      }
      if (this.#inWord) this.#decode(offset + at, length);
      at += length;
      if (this.#text.isFull) this.#text.flush(false, found);
    }
    this.#at = offset + at;
  }

  #decode(place: number, length: number): void {
    const { code, octet, label } = this.#reading;
    this.#text.beginWhole(place, length, label);
    if (code < 0) return;
    if (code < 0x80 || octet) this.#text.addByte(code & 0xff);
    else for (const byte of Buffer.from(String.fromCodePoint(code))) this.#text.addByte(byte);
  }

  /** Finds the beginning of the word that goes on at a place. */
  #findWord(bytes: Uint8Array, offset: number, place: number): void {
    const least = Math.max(this.#walked, place - WORD_BYTES, offset);
    let start = place;
    while (start > least && !endsWord(bytes, start - offset - 1)) start--;
    if (start > least || start === place - WORD_BYTES || this.#walked < least) this.#word = start;
    else this.#word = Math.max(this.#word, place - WORD_BYTES);
    this.#walked = place;
  }
}

/** Whether a word ends at a place. An escaped quote ends none: in JSON in JSON it stands between a name and its value. */
function endsWord(bytes: Uint8Array, place: number): boolean {
  const byte = bytes[place] as number;
  return ENDS[byte] === 1 && !((byte === 0x22 || byte === 0x27) && bytes[place - 1] === 0x5c);
}
