/** The environment of another process of a test: what a backend finds its engine by, and nothing else of the operator's. */
export function backendEnv(): Readonly<Record<string, string>> {
  const passed = /^(?:DOCKER_[A-Z_]+|XDG_[A-Z]+_(?:DIR|HOME)|BOT_BOTTLE_[A-Z_]+|TMPDIR|HOME|PATH)$/;
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value !== undefined && passed.test(name) ? [[name, value] as const] : [],
    ),
  );
}
