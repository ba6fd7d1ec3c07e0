/** The version in package.json; read here and not imported, so that the compiled build finds it too. */
export async function version(): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  const parsed: unknown = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
  return typeof parsed === "object" && parsed !== null && "version" in parsed ? String(parsed.version) : "unknown";
}
