import type { Model } from "./model.ts";

/** Where things are, in cells. */
export interface Geometry {
  readonly layout: "list" | "below" | "beside";
  readonly listColumns: number;
  readonly listRows: number;
  readonly cardColumns: number;
  readonly cardRows: number;
  /** Of the strip of live egress below both, its heading among them; 0: there is no room for it. */
  readonly egressRows: number;
  /** Rows between the header and the two lines at the bottom. */
  readonly bodyRows: number;
}

const NARROW = 60;
const WIDE = 100;
const ROOM_FOR_EGRESS = 25;
/** The header, what is said or typed, and the keys. */
const FRAME_ROWS = 3;

/** The geometry of a screen. Below 60 columns the list alone, below 100 the card under it, else beside it. */
export function geometryOf({
  columns,
  rows,
  focus,
  zoom,
}: Pick<Model, "columns" | "rows" | "focus" | "zoom">): Geometry {
  const bodyRows = Math.max(1, rows - FRAME_ROWS);
  if (zoom || columns < NARROW || (columns < WIDE && bodyRows < 12)) {
    const card = focus === "card";
    return {
      layout: "list",
      listColumns: columns,
      listRows: card ? 0 : bodyRows,
      cardColumns: columns,
      cardRows: card ? bodyRows : 0,
      egressRows: 0,
      bodyRows,
    };
  }
  const egressRows = bodyRows < ROOM_FOR_EGRESS ? 0 : Math.min(10, Math.floor(bodyRows / 5));
  const rest = bodyRows - egressRows;
  if (columns < WIDE) {
    const cardRows = Math.min(14, Math.floor(rest / 2));
    return {
      layout: "below",
      listColumns: columns,
      listRows: rest - cardRows,
      cardColumns: columns,
      cardRows,
      egressRows,
      bodyRows,
    };
  }
  const cardColumns = Math.min(80, Math.floor(columns * 0.42));
  const listColumns = columns - cardColumns;
  return { layout: "beside", listColumns, listRows: rest, cardColumns, cardRows: rest, egressRows, bodyRows };
}
