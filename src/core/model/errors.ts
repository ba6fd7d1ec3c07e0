/** Exit code of each kind, before the agent runs (docs/cli.md). */
export const EXIT_OF_KIND = { usage: 2, manifest: 3, host: 4, bottle: 5, bug: 70 } as const;
export type ErrorKind = keyof typeof EXIT_OF_KIND;

/** Every error that bot-bottle raises on purpose; documented in docs/errors.md, generated from this table. */
export const ERROR_CODES = {
  USAGE: { kind: "usage", meaning: "the command line cannot be understood" },
  BOTTLE_NOT_FOUND: { kind: "usage", meaning: "no bottle has this name" },
  BOTTLE_NOT_RUNNING: { kind: "usage", meaning: "the verb needs a running bottle and this one has ended" },
  BOTTLE_RUNNING: { kind: "usage", meaning: "the verb needs a bottle that has ended and this one runs" },
  REQUEST_NOT_FOUND: { kind: "usage", meaning: "the audit log of this bottle has no request with this id" },
  APPROVAL_NOT_FOUND: { kind: "usage", meaning: "no request waits for an answer under this id" },
  APPROVAL_SETTLED: {
    kind: "usage",
    meaning: "the request was answered, or its time was over, before this answer came",
  },
  APPROVAL_CHANGED: { kind: "usage", meaning: "what waits is not what was shown any more, so it was not answered" },
  GRANT_NOT_FOUND: { kind: "usage", meaning: "no running bottle has a grant of this id" },
  NAME_TAKEN: { kind: "usage", meaning: "a bottle with this name exists" },
  AGENT_UNKNOWN: { kind: "usage", meaning: "neither a manifest nor the built-in list has this agent" },
  WORKSPACE_REFUSED: { kind: "usage", meaning: "this folder must not be given to an agent" },
  COPY_REFUSED: { kind: "usage", meaning: "this cannot be copied between a bottle and the host" },
  WORK_NONE: { kind: "usage", meaning: "the bottle keeps no work of its own that could be shown or applied" },
  WORK_MOVED: { kind: "usage", meaning: "the work in the bottle is not what was expected, or what was shown before" },
  WORK_UNACCEPTED: { kind: "usage", meaning: "files that hosts or tools run would change, and nobody accepted them" },
  WORK_BLOCKED: {
    kind: "usage",
    meaning: "the operator's repository or folder is in a state in which the work cannot land",
  },
  MANIFEST_INVALID: { kind: "manifest", meaning: "a manifest has problems; each is listed with file, line and column" },
  SECRET_UNRESOLVED: { kind: "manifest", meaning: "a credential or variable has no value on this host" },
  SECRET_EXPOSED: { kind: "manifest", meaning: "what would enter the bottle holds a credential, or looks like one" },
  SOURCE_REFUSED: {
    kind: "manifest",
    meaning: "a prompt, skill or setting of the manifest cannot be brought into a bottle",
  },
  PLAN_INVALID: { kind: "manifest", meaning: "the parts fit together to nothing that can run" },
  HOST_UNFIT: { kind: "host", meaning: "this machine lacks something that a bottle needs" },
  GIT_FAILED: { kind: "host", meaning: "the host's git could not do its part" },
  FORGE_FAILED: { kind: "host", meaning: "a forge did not make, or did not take back, a credential of a bottle" },
  AGENT_BINARY_MISSING: { kind: "host", meaning: "the agent's program was not found" },
  IMAGE_FAILED: { kind: "host", meaning: "an image of a container engine could not be built, found or removed" },
  STATE_UNUSABLE: { kind: "host", meaning: "a state or runtime folder cannot be used safely" },
  CREATE_FAILED: { kind: "bottle", meaning: "the cage could not be made" },
  PROVISION_FAILED: { kind: "bottle", meaning: "a file could not be placed in the bottle" },
  WORK_UNREADABLE: { kind: "bottle", meaning: "what the agent made could not be collected or is not sound" },
  SEAL_BROKEN: { kind: "bottle", meaning: "a probe from inside found a way out or a secret" },
  WORK_CONFLICT: { kind: "bottle", meaning: "the work does not fit onto what the operator has; nothing is lost" },
  BOTTLE_GONE: { kind: "bottle", meaning: "the bottle ended while it was needed" },
  TEARDOWN_INCOMPLETE: { kind: "bottle", meaning: "something could not be removed" },
  INVARIANT: { kind: "bug", meaning: "bot-bottle itself is wrong; please report it" },
} as const satisfies Record<string, { kind: ErrorKind; meaning: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** True for a code of the table, written as it stands there. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CODES, text);
}

/** The one error class. `hint` says how to mend it, in one line; `facts` carries what a report would need. */
export class BottleError extends Error {
  override readonly name = "BottleError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly facts: Readonly<Record<string, unknown>> | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; cause?: unknown; facts?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.facts = options.facts;
  }

  get kind(): ErrorKind {
    return ERROR_CODES[this.code].kind;
  }
}
