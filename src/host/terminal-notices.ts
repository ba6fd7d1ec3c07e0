/** The way of notices to the operator's terminal, whoever has it. */
export interface TerminalNotices {
  put(bytes: Uint8Array): void;
  /** An agent has the terminal: `write` puts notices between what it prints. Answers what gives it back. */
  lend(write: (bytes: Uint8Array) => void): () => void;
}

/** `own` writes to the terminal while no agent has it; null: there is none. */
export function terminalNotices(own: ((bytes: Uint8Array) => void) | null): TerminalNotices {
  let borrower: ((bytes: Uint8Array) => void) | null = null;
  return {
    put: (bytes) => (borrower ?? own)?.(bytes),
    lend: (write) => {
      borrower = write;
      return () => {
        borrower = null;
      };
    },
  };
}
