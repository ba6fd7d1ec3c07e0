// util.inspect.custom, without loading all of node:util for it.
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/**
 * A value that must not be printed. Every way in which Node turns a value into text answers
 * `[secret name]`; `reveal()` is called only where a credential is applied or compared.
 */
export class Secret {
  readonly name: string;
  readonly #value: string;

  constructor(name: string, value: string) {
    this.name = name;
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return `[secret ${this.name}]`;
  }

  toJSON(): string {
    return this.toString();
  }

  [INSPECT](): string {
    return this.toString();
  }
}
