import { FieldLane, type JoinedTerms } from "./field-lane.ts";
import { FieldPiece } from "./field-piece.ts";
import { createFieldReader, type FieldSink } from "./field-reader.ts";
import { type Found, NOTHING, type StreamSearch } from "./search.ts";

/** Of a value longer than a piece so much takes part at each end; more where a declared value is longer. */
const END_BYTES = 128;
const LONGEST_END = 4096;

/** From the beginning of a secret in pieces to its end, what is between them included. */
const SPAN_BYTES = 16 * 1024;

/**
 * Searches for what was cut over the values of a text, or over its names: JSON, urlencoded, multipart. They are joined in
 * the order in which they come, and searched as one text. Of a value longer than a piece the two ends take part; what
 * lies farther apart than SPAN_BYTES is not put together, so that memory and what is held back are bounded. Attack row 109.
 */
export class FieldSearch implements StreamSearch {
  readonly #terms: JoinedTerms;
  readonly #reader = createFieldReader();
  readonly #piece: FieldPiece;
  readonly #sink: FieldSink;
  #lanes: Readonly<Record<"name" | "value", FieldLane>> | null = null;
  #bytes: Uint8Array = new Uint8Array(0);
  #position = 0;
  #found: Found[] = [];

  constructor(terms: JoinedTerms) {
    this.#terms = terms;
    this.#piece = new FieldPiece(Math.min(Math.max(terms.longest, END_BYTES), LONGEST_END));
    this.#sink = {
      text: (from, to) => this.#take(from, to),
      end: (role) => this.#end(role),
      cutEnd: (count) => this.#piece.cutEnd(count),
      drop: () => this.#piece.clear(),
    };
  }

  get safe(): number {
    const { place } = this.#piece;
    const safe = place < 0 ? this.#position : place;
    const lanes = this.#lanes;
    return lanes === null ? safe : Math.min(lanes.name.safe(safe), lanes.value.safe(safe));
  }

  push(bytes: Uint8Array, last: boolean): readonly Found[] {
    // Parts of a Buffer cost far more to take.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#reader.read(this.#bytes, this.#sink);
    if (last) this.#reader.finish(this.#sink);
    this.#position += bytes.length;
    this.#flush(last);
    if (!last && this.#position - this.safe > SPAN_BYTES) this.#flush(true);
    if (this.#found.length === 0) return NOTHING;
    const found = this.#found;
    this.#found = [];
    return found;
  }

  #take(from: number, to: number): void {
    const piece = this.#piece;
    const place = this.#position + from;
    const start = piece.place < 0 ? place : piece.place;
    const head = piece.add(this.#bytes, from, to, place);
    if (head === null) return;
    // What is as long as that is no name.
    this.#lane("value").add(head, head.length, start);
    this.#lane("value").cut(piece.place);
  }

  #end(role: "name" | "value"): void {
    const { bytes, length, place, isLong } = this.#piece;
    if (place >= 0) this.#lane(isLong ? "value" : role).add(bytes, length, place);
    this.#piece.clear();
  }

  #flush(last: boolean): void {
    this.#lanes?.name.flush(last, this.#found);
    this.#lanes?.value.flush(last, this.#found);
  }

  #lane(role: "name" | "value"): FieldLane {
    this.#lanes ??= { name: new FieldLane(this.#terms), value: new FieldLane(this.#terms) };
    return this.#lanes[role];
  }
}
