/** A file of a layer as a test says it. */
export interface LayerEntry {
  /** Without a leading slash. */
  readonly path: string;
  readonly type?: "file" | "folder" | "link";
  readonly content?: string;
  readonly target?: string;
  readonly mode?: number;
  readonly uid?: number;
}

const BLOCK = 512;
const TYPES = { file: "0", folder: "5", link: "2" } as const;

/** A plain tar (ustar) with owners, as layers have them. */
export function layerOf(entries: readonly LayerEntry[]): Buffer {
  const blocks = entries.flatMap(({ path, type = "file", content = "", target = "", mode = 0o644, uid = 0 }) => {
    const bytes = Buffer.from(content);
    const head = Buffer.alloc(BLOCK);
    const octal = (number: number, at: number, length: number) =>
      head.write(`${number.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
    head.write(path, 0, 100);
    octal(mode, 100, 8);
    octal(uid, 108, 8);
    octal(uid, 116, 8);
    octal(bytes.length, 124, 12);
    octal(0, 136, 12);
    head.write(" ".repeat(8), 148);
    head.write(TYPES[type], 156);
    head.write(target, 157, 100);
    head.write("ustar\x0000", 257, "latin1");
    const sum = head.reduce((total, byte) => total + byte, 0);
    head.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    return [head, bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}
