/** Columns of the parity table in docs/backends.md, in their order: ways to run of the real backends. */
export const SHOWN_COLUMNS = [
  "bubblewrap",
  "bubblewrap, as root",
  "docker, socket",
  "docker, bundle",
  "docker, socket, ordinary user",
  "docker, files elsewhere",
] as const;

/** Releases that the FAKE smolvm of the tests was held to the contract at: the oldest, those that are driven in another way, the newest. */
export const SMOLVM_RELEASES = ["0.8.0", "0.8.1", "1.0.2", "1.1.3", "1.4.1", "1.6.4", "1.8.1", "1.9.3"] as const;

/** The column of one of them. */
export const smolvmColumn = (release: string): string => `smolmachines, a fake smolvm ${release}`;
