import type { Backend, Bottle, BottleShell } from "../../src/backends/backend.ts";

/** What a failing effect throws. */
export class Injected extends Error {}

/**
 * The backend, with its Nth effect failing: instead of happening, or right after it has happened. Tells the effects of
 * all kinds in their order.
 */
export function failingBackend(
  backend: Backend,
  nth: number,
  when: "before" | "after",
): { readonly backend: Backend; readonly effects: readonly string[] } {
  const effects: string[] = [];
  const effect = <A extends readonly unknown[], R>(name: string, act: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      const own = effects.push(name);
      if (own === nth && when === "before") throw new Injected(`effect ${nth}, ${name}`);
      const result = await act(...args);
      if (own === nth) throw new Injected(`effect ${nth}, ${name}`);
      return result;
    };
  };
  const wrapBottle = (bottle: Bottle): Bottle =>
    Object.assign(Object.create(bottle), {
      exec: effect("exec", bottle.exec.bind(bottle)),
      put: effect("put", bottle.put.bind(bottle)),
      unpack: effect("unpack", bottle.unpack.bind(bottle)),
    });
  const wrapShell = (shell: BottleShell): BottleShell =>
    Object.assign(Object.create(shell), {
      serve: effect("serve", shell.serve.bind(shell)),
      start: effect("start", async (...args: Parameters<BottleShell["start"]>) =>
        wrapBottle(await shell.start(...args)),
      ),
    });
  const create = effect("create", async (...args: Parameters<Backend["create"]>) => {
    // The journal is written before each thing that is made: its failure is a fault of its own.
    const [plan, context] = args;
    return wrapShell(await backend.create(plan, { ...context, journal: effect("journal", context.journal) }));
  });
  return { backend: { ...backend, create }, effects };
}
