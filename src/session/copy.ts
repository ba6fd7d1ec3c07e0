import { posix } from "node:path";
import { addAbortSignal, type Readable } from "node:stream";
import type { Bottle } from "../backends/backend.ts";
import { BottleError } from "../core/model/errors.ts";
import { baseName, type CopyTarget, copyTarget } from "../core/plan/copy-target.ts";
import { Spool } from "../host/spool.ts";
import { livePaths } from "../state/layout.ts";
import type { SessionContext } from "./context.ts";
import { guestEnd, openSource } from "./copy/guest-side.ts";
import { hostEnd, packHost, sourceOnHost } from "./copy/host-side.ts";
import { placeTree } from "./copy/place.ts";
import { refused, Sieve, type Sifted } from "./copy/sieve.ts";
import { findRunning } from "./find-bottle.ts";
import { askSearch } from "./search-service.ts";

export interface CopyOptions {
  /** Leave out what is neither file nor folder, instead of refusing. */
  readonly skipOdd: boolean;
  /** Bring it in although nobody can search it for the bottle's credentials. */
  readonly unsearched: boolean;
  readonly maxBytes: number;
}

/** What was copied, and where to. */
export interface Copied extends Sifted {
  readonly to: string;
}

/**
 * Copies a file or folder out of a bottle, running or ended. It is packed inside, as the agent; what comes out is taken
 * apart and written anew, whole, before the first byte reaches `to` (attack row 143). `to` is a path of the operator, or a
 * function that takes the new archive. Errors: COPY_REFUSED, BOTTLE_NOT_FOUND.
 */
export async function copyOut(
  from: { readonly bottle: string; readonly path: string },
  to: string | ((archive: Readable) => Promise<void>),
  options: CopyOptions,
  context: SessionContext,
): Promise<Copied> {
  const source = await openSource(from.bottle, context);
  const { layout } = context;
  using spool = new Spool(layout.state);
  const rules = { maxBytes: options.maxBytes, links: false, skipOdd: options.skipOdd };
  const sieve = new Sieve({ ...rules, rename: (path) => path }, (bytes) => spool.write(bytes));
  await source.pack(from.path, (piece) => sieve.push(piece));
  const sifted = sieve.end();
  if (!sifted.isFolder && sifted.files === 0)
    throw refused(`${from.path} is no file that can be copied`, sifted.left[0]);

  if (typeof to !== "string") {
    using named = new Spool(layout.state);
    const name = baseName(from.path);
    const again = new Sieve({ ...rules, rename: under(name, sifted.isFolder) }, (bytes) => named.write(bytes));
    for await (const piece of spool.read()) again.push(piece as Buffer);
    again.end();
    await to(named.read());
    return { ...sifted, to: "stdout" };
  }
  const target = orRefuse(copyTarget({ folder: sifted.isFolder, path: from.path }, to, await hostEnd(to)));
  await placeTree(spool, target.folder, under(target.name, sifted.isFolder));
  return { ...sifted, to };
}

/**
 * Copies a file, a folder or a tar archive into a running bottle, where it is unpacked as the agent. Before that it is
 * searched for the credentials of the bottle, as a workspace copy is, by the one process that knows them.
 * Errors: COPY_REFUSED, SECRET_EXPOSED, SECRET_UNRESOLVED when it could not be searched, BOTTLE_NOT_RUNNING.
 */
export async function copyIn(
  from: string | Readable,
  to: { readonly bottle: string; readonly path: string },
  options: CopyOptions,
  context: SessionContext,
): Promise<Copied> {
  const { record, bottle } = await findRunning(to.bottle, context);
  const { end, cwd } = await guestEnd(bottle, to.path);
  const absolute = posix.resolve(cwd, to.path) + (/\/\.?$/.test(to.path) ? "/" : "");
  using spool = new Spool(context.layout.state);
  const rules = { maxBytes: options.maxBytes, links: true, skipOdd: options.skipOdd };
  const out = (bytes: Uint8Array) => spool.write(bytes);

  let target: { readonly folder: string; readonly name: string | null };
  let sieve: Sieve;
  if (typeof from === "string") {
    const source = await sourceOnHost(from);
    target = orRefuse(copyTarget({ folder: source.folder, path: from }, absolute, end));
    sieve = new Sieve({ ...rules, rename: under(target.name, source.folder) }, out);
    await packHost(source, (piece) => sieve.push(piece), context);
  } else {
    if (end !== "folder")
      throw refused(`${to.path} is not a folder of ${to.bottle}`, "an archive is unpacked into a folder");
    target = { folder: absolute, name: null };
    sieve = new Sieve({ ...rules, rename: under(null, true) }, out);
    await sift(from, sieve, context.signal);
  }
  const sifted = sieve.end();
  if (!options.unsearched) await search(spool, livePaths(context.layout, record).search, to.bottle);
  await bring(bottle, target.folder, spool);
  return { ...sifted, to: `${to.bottle}:${posix.resolve(absolute)}` };
}

/** Reads a stream of the operator through a sieve; a signal ends it although nothing comes. */
async function sift(from: Readable, sieve: Sieve, signal: AbortSignal): Promise<void> {
  try {
    for await (const piece of addAbortSignal(signal, from)) sieve.push(piece as Buffer);
  } catch (error) {
    if (signal.aborted) throw new BottleError("BOTTLE_GONE", `interrupted by ${String(signal.reason)}`);
    throw error;
  }
}

async function search(spool: Spool, socket: string, name: string): Promise<void> {
  const found = await askSearch(socket, spool.read());
  if (found === null) {
    throw new BottleError(
      "SECRET_UNRESOLVED",
      `nothing was copied: the host process of ${name} did not search it for credentials`,
      {
        hint: "only that process knows them; --unsearched brings it in all the same",
      },
    );
  }
  if (found.length === 0) return;
  throw new BottleError(
    "SECRET_EXPOSED",
    `nothing was copied: it contains the value of the credential ${found.join(", ")}, which must not enter a bottle`,
    { hint: "take the value out: the gateway writes the credential into requests" },
  );
}

async function bring(bottle: Bottle, folder: string, spool: Spool): Promise<void> {
  await bottle.unpack(folder, spool.read()).catch((error: unknown) => {
    throw error instanceof BottleError && error.code === "PROVISION_FAILED"
      ? refused(
          `perhaps only a part was copied: ${error.message}`,
          "the agent of the bottle must be able to write there",
        )
      : error;
  });
}

/** The path of an entry when its archive is called `name`; null, where it is the folder that is there already. */
function under(name: string | null, isFolder: boolean): (path: string) => string | null {
  if (!isFolder) return () => name;
  return (path) => (path === "" ? name : name === null ? path : `${name}/${path}`);
}

function orRefuse(target: CopyTarget): Extract<CopyTarget, { ok: true }> {
  if (!target.ok) throw refused(target.problem);
  return target;
}
