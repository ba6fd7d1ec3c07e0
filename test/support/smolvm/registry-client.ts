import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { type ImageConfig, RuntimeError } from "./store.ts";

const MANIFESTS = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];
const LISTS = ["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"];
const CONFIGS = ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"];
const PLAIN = ["application/vnd.oci.image.layer.v1.tar", "application/vnd.docker.image.rootfs.diff.tar"];
const GZIP = ["application/vnd.oci.image.layer.v1.tar+gzip", "application/vnd.docker.image.rootfs.diff.tar.gzip"];
const DIGEST = /^sha256:[0-9a-f]{64}$/;
/** Of a manifest or a configuration (crane reads no bigger ones either). */
const MAX_JSON = 8 * 2 ** 20;
const STILL_MS = 30_000;

/** The name of an image in a registry of this host's loopback. */
interface Reference {
  readonly host: string;
  readonly port: number;
  readonly repository: string;
  /** A tag or a digest. */
  readonly version: string;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly os: string; readonly architecture: string };
}

/** What a pull brought: plain tars in a folder, the lowest first. */
export interface PulledImage {
  readonly config: ImageConfig;
  readonly layers: readonly string[];
}

const failure = (what: string) => new RuntimeError(`agent operation failed: pull: ${what}`);

/** Throws for what names no registry on loopback: nothing else is ever dialed. */
function readReference(text: string): Reference {
  const path = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
  const tag = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}";
  const pattern = new RegExp(
    `^([^/]+?)(?::(\\d{1,5}))?/(${path}(?:/${path})*)(?::(${tag}))?(?:@(sha256:[0-9a-f]{64}))?$`,
  );
  const [, host = "", port, repository = "", name = "latest", digest] = pattern.exec(text) ?? [];
  if (repository === "") throw failure(`could not parse reference: ${text}`);
  if (!["127.0.0.1", "localhost"].includes(host) || port === undefined) {
    throw failure(`no registry serves '${text}' here`);
  }
  return { host: "127.0.0.1", port: Number(port), repository, version: digest ?? name };
}

async function ask(reference: Reference, path: string, accept: readonly string[] = []): Promise<IncomingMessage> {
  const { host, port } = reference;
  const request = get({
    host,
    port,
    path,
    agent: false,
    headers: accept.length === 0 ? {} : { accept: accept.join(", ") },
  });
  request.setTimeout(STILL_MS, () => request.destroy(new Error("the registry stands still")));
  try {
    const [answer] = (await once(request, "response")) as [IncomingMessage];
    if (answer.statusCode === 200) return answer;
    answer.resume();
    throw failure(`GET http://${host}:${port}${path}: unexpected status code ${answer.statusCode}`);
  } catch (error) {
    throw error instanceof RuntimeError ? error : failure(`GET http://${host}:${port}${path}: ${String(error)}`);
  }
}

async function bytesOf(answer: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > MAX_JSON) throw failure("a manifest or configuration is too long");
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

const sha256 = (bytes: Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

function checkDescriptor(one: Descriptor, types: readonly string[]): void {
  if (!types.includes(one?.mediaType)) throw failure(`unsupported media type ${one?.mediaType}`);
  if (!DIGEST.test(one.digest)) throw failure(`bad digest ${one.digest}`);
  if (!Number.isSafeInteger(one.size) || one.size < 0) throw failure(`bad size of ${one.digest}`);
}

/** A manifest; of a list of them, the one for `platform`. */
async function manifestOf(
  reference: Reference,
  platform: string,
): Promise<{ readonly config: Descriptor; readonly layers: readonly Descriptor[] }> {
  const answer = await ask(reference, `/v2/${reference.repository}/manifests/${reference.version}`, [
    ...MANIFESTS,
    ...LISTS,
  ]);
  const type = (answer.headers["content-type"] ?? "").split(";")[0]?.trim() ?? "";
  const bytes = await bytesOf(answer);
  const digest = sha256(bytes);
  const said = answer.headers["docker-content-digest"];
  if (DIGEST.test(reference.version) && digest !== reference.version) {
    throw failure(`manifest digest: "${digest}" does not match requested digest: "${reference.version}"`);
  }
  if (said !== undefined && said !== digest) {
    throw failure(`manifest digest: "${digest}" does not match Docker-Content-Digest: "${said}"`);
  }
  const manifest = JSON.parse(bytes.toString("utf8")) as {
    readonly schemaVersion: number;
    readonly mediaType?: string;
    readonly manifests?: readonly Descriptor[];
    readonly config: Descriptor;
    readonly layers: readonly Descriptor[];
  };
  if (manifest.schemaVersion !== 2 || (manifest.mediaType !== undefined && manifest.mediaType !== type)) {
    throw failure(`a manifest that is not the ${type} that it was sent as`);
  }
  if (MANIFESTS.includes(type)) return manifest;
  if (!LISTS.includes(type) || reference.version.startsWith("sha256:")) throw failure(`unsupported media type ${type}`);
  const fits = (one: Descriptor) => `${one.platform?.os}/${one.platform?.architecture}` === platform;
  const found = manifest.manifests?.find(fits);
  if (found === undefined) throw failure(`no child with platform ${platform} in index ${reference.version}`);
  checkDescriptor(found, MANIFESTS);
  return manifestOf({ ...reference, version: found.digest }, platform);
}

/** Fetches a blob to a file, uncompressed; verifies what was sent and, uncompressed, `diff`. */
async function fetchLayer(reference: Reference, layer: Descriptor, diff: string, file: string): Promise<void> {
  const answer = await ask(reference, `/v2/${reference.repository}/blobs/${layer.digest}`);
  const [sent, plain] = [meter(), meter()];
  const steps = GZIP.includes(layer.mediaType) ? [createGunzip()] : [];
  try {
    await pipeline([answer, sent.stream, ...steps, plain.stream, createWriteStream(file)]);
  } catch (error) {
    throw failure(`${layer.digest}: ${String(error)}`);
  }
  if (sent.digest() !== layer.digest || sent.size() !== layer.size) {
    throw failure(
      `error verifying sha256 checksum after reading ${sent.size()} bytes; got ${sent.digest()}, want ${layer.digest}`,
    );
  }
  if (plain.digest() !== diff) throw failure(`${layer.digest}: its content is not ${diff}`);
}

function meter() {
  const hash = createHash("sha256");
  let [size, digest] = [0, ""];
  const stream = new Transform({
    transform: (piece: Buffer, _encoding, done) => {
      hash.update(piece);
      size += piece.length;
      done(null, piece);
    },
    flush: (done) => {
      digest = `sha256:${hash.digest("hex")}`;
      done();
    },
  });
  return { stream, size: () => size, digest: () => digest };
}

/** `linux/amd64`, of this machine. */
const PLATFORM = `linux/${process.arch === "x64" ? "amd64" : process.arch}`;

/** Pulls an image into `folder`, as crane does, strictly: every digest, size and media type is looked at. */
export async function pull(name: string, folder: string, platform = PLATFORM): Promise<PulledImage> {
  const reference = readReference(name);
  (await ask(reference, "/v2/")).resume();
  const manifest = await manifestOf(reference, platform);
  checkDescriptor(manifest.config, CONFIGS);
  for (const layer of manifest.layers) checkDescriptor(layer, [...PLAIN, ...GZIP]);
  const bytes = await bytesOf(await ask(reference, `/v2/${reference.repository}/blobs/${manifest.config.digest}`));
  if (sha256(bytes) !== manifest.config.digest || bytes.length !== manifest.config.size) {
    throw failure(`error verifying sha256 checksum of the configuration; want ${manifest.config.digest}`);
  }
  const { config = {}, rootfs } = JSON.parse(bytes.toString("utf8")) as {
    readonly config?: ImageConfig;
    readonly rootfs?: { readonly diff_ids?: readonly string[] };
  };
  const diffs = rootfs?.diff_ids ?? [];
  if (diffs.length !== manifest.layers.length) throw failure("the configuration names other layers than the manifest");
  const layers: string[] = [];
  for (const [index, layer] of manifest.layers.entries()) {
    const file = join(folder, `${index}.tar`);
    await fetchLayer(reference, layer, diffs[index] ?? "", file);
    layers.push(file);
  }
  return { config, layers };
}

/** SHA-256 of a file, in hex. */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path) as AsyncIterable<Buffer>) hash.update(piece);
  return hash.digest("hex");
}
