import type { Item } from "../../src/core/inbox/item.ts";
import type { AnswerReport, ApprovalRequest } from "../../src/session/approvals.ts";

interface Answering {
  answer(request: ApprovalRequest): Promise<unknown>;
}

/** An item as the host process shows it now. */
export async function itemAt(asking: Answering, id: string): Promise<Item | null> {
  const { items } = (await asking.answer({ do: "items" })) as { readonly items: readonly Item[] };
  return items.find((item) => item.id === id) ?? null;
}

/** A yes to what is shown now; nothing is shown under a code that no item has. */
export async function yes(
  asking: Answering,
  id: string,
  scope: "once" | "for" | "bottle" = "once",
  forMs: number | null = null,
): Promise<AnswerReport> {
  const item = await itemAt(asking, id);
  const accepted = item?.flags.map(({ code }) => code) ?? [];
  const review = item?.review ?? "000000000000";
  return (await asking.answer({ do: "allow", id, scope, forMs, review, accepted })) as AnswerReport;
}
