import { readFileSync } from "node:fs";
import { join } from "node:path";
import { manualPages } from "../man.ts";
import type { Page } from "../page.ts";

/** The list `man` of package.json: npm links pages that stand in it by name, and those only. */
export function packagePages(): Page[] {
  const text = readFileSync(join(import.meta.dirname, "../../package.json"), "utf8");
  const listed = manualPages("").map(({ path }) => path);
  const changed = { ...(JSON.parse(text) as object), man: listed };
  return [{ path: "package.json", text: `${JSON.stringify(changed, null, 2)}\n` }];
}
