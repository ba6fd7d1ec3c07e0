import type { FileText } from "../host/files.ts";

/** A manifest hands out credentials and ways out: whoever can write it owns every bottle. */
export function ofTrustedOwner(file: FileText, uid: number): FileText {
  if (file.kind !== "text") return file;
  if (file.uid !== uid && file.uid !== 0) return { kind: "unreadable", why: `belongs to user ${file.uid}, not to you` };
  if ((file.mode & 0o002) !== 0) return { kind: "unreadable", why: "may be written by everybody; chmod o-w it" };
  return file;
}
