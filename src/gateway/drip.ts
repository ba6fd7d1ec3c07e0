import { bodyFields } from "../core/leaks/body-fields.ts";
import { type DripPiece, type DripTerms, DripWindow, PIECE_BYTES } from "../core/leaks/drip-window.ts";
import type { PlacedFinding } from "../core/leaks/head-search.ts";
import type { RequestFacts } from "../core/policy/decide.ts";
import { queryFields } from "../core/wire/form-fields.ts";

/** Hosts of which pieces are kept; the one that was not used for longest is forgotten. */
const HOSTS = 64;
/** Longer bodies are not looked into for pieces. */
export const DRIP_BODY_BYTES = 1024;
/** Segments of a path that are looked at, from its end. */
const SEGMENTS = 3;

/** Watches what leaves a few characters at a time, for each host. Attack row 110. */
export interface DripWatch {
  /** What the head of a request to this host completes; `host` as its rule names it. */
  head(host: string, facts: RequestFacts, terms: DripTerms): readonly PlacedFinding[];
  /** What a whole body completes. Longer ones than DRIP_BODY_BYTES complete nothing. */
  body(host: string, bytes: Uint8Array, terms: DripTerms): readonly PlacedFinding[];
}

export function createDripWatch(): DripWatch {
  const windows = new Map<string, DripWindow>();
  const windowOf = (host: string): DripWindow => {
    const window = windows.get(host) ?? new DripWindow();
    windows.delete(host);
    windows.set(host, window);
    for (const first of windows.keys()) {
      if (windows.size <= HOSTS) break;
      windows.delete(first);
    }
    return window;
  };
  return {
    head: (host, facts, terms) => windowOf(host).take(headPieces(facts), terms),
    body: (host, bytes, terms) =>
      bytes.length === 0 || bytes.length > DRIP_BODY_BYTES ? [] : windowOf(host).take(bodyPieces(bytes), terms),
  };
}

/**
 * The end of the path, the values and names of the query, each by itself and all together, and the fields. A host below a
 * wildcard is a piece too. No name of a field has a blank, so no other lane is called like one.
 */
function headPieces({ authority, path, query, headers }: RequestFacts): readonly DripPiece[] {
  const pieces: DripPiece[] = [{ where: "host", lane: "host label", text: authority.host.split(".")[0] ?? "" }];
  const segments = path.split("/");
  for (let i = 1; i <= SEGMENTS && i < segments.length; i++) {
    const text = segments[segments.length - i] ?? "";
    if (text !== "") pieces.push({ where: "path", lane: `path ${i}`, text });
  }
  if (query !== null && query !== "") pieces.push(...fieldPieces("query", queryFields(query)));
  for (const [name, value] of headers) pieces.push({ where: "header", lane: name.toLowerCase(), text: value });
  return pieces;
}

function bodyPieces(bytes: Uint8Array): readonly DripPiece[] {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  const fields = fieldPieces("bodies", bodyFields(bytes));
  return bytes.length > PIECE_BYTES ? fields : [{ where: "bodies", lane: "whole body", text: whole }, ...fields];
}

function fieldPieces(
  where: string,
  fields: readonly { readonly name: string; readonly value: string }[],
): readonly DripPiece[] {
  const names = fields.map(({ name }) => ({ where, lane: `${where} names`, text: name }));
  const all = fields.map(({ value }) => ({ where, lane: `${where} values`, text: value }));
  return [...names, ...all, ...fields.map(({ name, value }) => ({ where, lane: `${where} = ${name}`, text: value }))];
}
