/**
 * What only a request to a listed host needs, a third of the gateway. The seal check's own request is refused without it;
 * `loadLateParts` is called while the seal is checked, so that no agent waits for it and no start either. Whatever comes before
 * that loads it then.
 */
export interface LateParts {
  readonly serveRequest: typeof import("./exchange.ts").serveRequest;
  readonly answer: typeof import("./answer.ts").answer;
  readonly serveUpgrade: typeof import("./websocket.ts").serveUpgrade;
  readonly splice: typeof import("./splice.ts").splice;
}

let loaded: LateParts | null = null;

export async function loadLateParts(): Promise<LateParts> {
  if (loaded !== null) return loaded;
  const [{ serveRequest }, { answer }, { serveUpgrade }, { splice }] = await Promise.all([
    import("./exchange.ts"),
    import("./answer.ts"),
    import("./websocket.ts"),
    import("./splice.ts"),
  ]);
  loaded = { serveRequest, answer, serveUpgrade, splice };
  return loaded;
}

/** Hands the parts to `use`, at once where they are there; `failed` when they cannot be loaded or `use` throws. */
export function withLateParts(use: (parts: LateParts) => void, failed: (error: unknown) => void): void {
  if (loaded === null) {
    loadLateParts().then(use).catch(failed);
    return;
  }
  try {
    use(loaded);
  } catch (error) {
    failed(error);
  }
}
