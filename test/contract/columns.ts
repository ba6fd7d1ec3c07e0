/** Columns of the parity table in docs/backends.md, in their order: ways to run of the real backends. */
export const SHOWN_COLUMNS = [
  "bubblewrap",
  "bubblewrap, as root",
  "docker, socket",
  "docker, bundle",
  "docker, socket, ordinary user",
  "docker, files elsewhere",
] as const;
