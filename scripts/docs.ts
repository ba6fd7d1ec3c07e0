/** `npm run docs`: writes the pages that are made from the program. `--check` writes nothing and fails when one differs. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Page } from "./page.ts";

const root = join(import.meta.dirname, "..");

function isPage(value: unknown): value is Page {
  return typeof value === "object" && value !== null && "path" in value && "text" in value;
}

/** Calls every exported function named `...Pages` of the files in scripts/docs. */
async function allPages(): Promise<Page[]> {
  const folder = join(import.meta.dirname, "docs");
  const pages: Page[] = [];
  // A folder beside a file is that file's own.
  for (const name of readdirSync(folder)
    .sort()
    .filter((it) => it.endsWith(".ts"))) {
    const module: Record<string, unknown> = await import(join(folder, name));
    const makers = Object.entries(module).filter(([key]) => key.endsWith("Pages"));
    if (makers.length === 0) throw new Error(`scripts/docs/${name} exports no function named ...Pages`);
    for (const [key, maker] of makers) {
      const made: unknown = typeof maker === "function" ? await maker() : null;
      if (!Array.isArray(made) || !made.every(isPage)) throw new Error(`${key} of scripts/docs/${name} makes no pages`);
      pages.push(...made);
    }
  }
  return pages;
}

function current(path: string): string | null {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch {
    return null;
  }
}

const check = process.argv.includes("--check");
const stale = (await allPages()).filter((page) => current(page.path) !== page.text);
for (const page of stale) {
  if (!check) {
    mkdirSync(dirname(join(root, page.path)), { recursive: true });
    writeFileSync(join(root, page.path), page.text);
  }
  console.log(`${page.path}${check ? " is not what the source says; run npm run docs" : " written"}`);
}
process.exitCode = check && stale.length > 0 ? 1 : 0;
