/** A program of the host that goes into an image. */
export interface ImageProgram {
  /** Absolute path on the host. */
  readonly path: string;
  /** What it is, whoever has it: package, version and checksum. Two programs of one identity are the same bytes. */
  readonly identity: string;
}

/** One of our own images, ready to be built. */
export interface ImageOrder {
  /** As typed after `bottle image build`: the name of an agent, or `SIDECAR`. */
  readonly name: string;
  /** The agent's program; of the sidecar, Node. */
  readonly program: ImageProgram;
}

export interface ImageBuildOptions {
  /** Image to begin with instead of the pinned one; null: the pinned one. */
  readonly base: string | null;
  /** Fetches nothing, and gives the build no network. */
  readonly offline: boolean;
  /** Builds anew though nothing changed, so that newer packages of the base's distribution come in. */
  readonly fresh: boolean;
  /** Gets the engine's output, line by line; not escaped. */
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** An image of ours that the engine has. */
export interface ImageEntry {
  /** Repository and content-addressed tag. */
  readonly reference: string;
  readonly name: string;
  /** The engine's id, `sha256:...`. */
  readonly id: string;
  /** Version of bot-bottle that built it. */
  readonly version: string;
  /** Of the image that it begins with. */
  readonly base: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly bytes: number;
  /** The one that new bottles get. */
  readonly current: boolean;
  /** A container, running or not, was made from it or from an image that extends it. */
  readonly used: boolean;
}

/** Names the image that services run in where they cannot run on the host side. */
export const SIDECAR = "sidecar";

/** The images of a backend whose cages are made from images. Errors of all: HOST_UNFIT, IMAGE_FAILED. */
export interface ImageStore {
  /** Of the machine that the images run on, as `process.arch` says it. */
  architecture(): Promise<string>;
  /** Builds what is not there yet, and makes it the current one. `built` is false when it was there. */
  build(
    order: ImageOrder,
    options: ImageBuildOptions,
  ): Promise<{ readonly image: ImageEntry; readonly built: boolean }>;
  /** Newest first. Images of others that extend ours are not among them. */
  list(): Promise<readonly ImageEntry[]>;
  /** Images that may go: of no container, and not current unless `all`; and what interrupted builds left. `now`: ms since 1970. */
  prunable(all: boolean, now: number): Promise<readonly PrunableImage[]>;
  /** Idempotent; refuses what a container uses meanwhile. */
  remove(image: PrunableImage): Promise<void>;
}

export interface PrunableImage {
  /** Its reference, or of what an interrupted build left the id. */
  readonly reference: string;
  /** `image`, or `layer` of an interrupted build. */
  readonly kind: "image" | "layer";
  readonly bytes: number;
}
