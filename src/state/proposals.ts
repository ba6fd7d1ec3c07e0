import { readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { BottleError } from "../core/model/errors.ts";
import type { Proposal } from "../core/model/proposal.ts";
import type { Question } from "../core/model/question.ts";
import { isProposal, isRequestId } from "../core/policy/proposal-format.ts";
import { isQuestion } from "../core/policy/question-format.ts";
import { makePrivateFolder, readTextFile, writeFileAtomically } from "../host/files.ts";
import { removePrivateFolder } from "../host/private-folder.ts";

/** What waits for the operator, a file for each; written by the bottle's host process alone. */
export interface ProposalFolder {
  /** Resolves when it can be read by others. Errors: STATE_UNUSABLE. */
  write(item: Proposal | Question): Promise<void>;
  remove(id: string): Promise<void>;
  /** Removes the folder. */
  close(): Promise<void>;
}

const MAX_BYTES = 64 << 10;

/** Makes the folder, empty whatever a host process that was killed left in it. Errors: STATE_UNUSABLE. */
export async function openProposals(folder: string, uid: number): Promise<ProposalFolder> {
  await removePrivateFolder(folder);
  await makePrivateFolder(folder, uid);
  const fileOf = (id: string) => join(folder, `${id}.json`);
  return {
    write: async (item) => {
      const text = `${JSON.stringify(item, null, 2)}\n`;
      // Nobody could see it, and whoever asks would wait.
      if (Buffer.byteLength(text) > MAX_BYTES)
        throw new BottleError("STATE_UNUSABLE", `${item.id} is too long to be shown`);
      await writeFileAtomically(fileOf(item.id), text);
    },
    remove: (id) => unlink(fileOf(id)).catch(() => undefined),
    close: () => removePrivateFolder(folder),
  };
}

/** Requests that wait in a bottle's folder, the oldest first; what cannot be read is passed over. */
export async function readProposals(folder: string): Promise<readonly Proposal[]> {
  return (await readItems(folder)).filter(isProposal);
}

/** Requests and questions that wait in a bottle's folder, the oldest first; what cannot be read is passed over. */
export async function readItems(folder: string): Promise<readonly (Proposal | Question)[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const found = await Promise.all(
    names.map(async (name) => (name.endsWith(".json") ? readItem(folder, name.slice(0, -".json".length)) : null)),
  );
  return found
    .filter((item) => item !== null)
    .sort((a, b) => a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id));
}

/** One that waits; null when it is not there or cannot be read. */
export async function readItem(folder: string, id: string): Promise<Proposal | Question | null> {
  if (!isRequestId(id)) return null;
  const file = await readTextFile(join(folder, `${id}.json`), { followLinks: false, maxBytes: MAX_BYTES });
  if (file.kind !== "text") return null;
  try {
    const value: unknown = JSON.parse(file.text);
    return (isProposal(value) || isQuestion(value)) && value.id === id ? value : null;
  } catch {
    return null;
  }
}
