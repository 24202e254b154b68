import type { DescEnum } from '@bufbuild/protobuf';
import { nearest } from './names.js';

/** The names of an enum's values, with and without the prefix that they share. */
export class EnumNames {
  readonly #full: ReadonlySet<string>;
  readonly #short: ReadonlyMap<string, string>;

  constructor({ values, sharedPrefix = '' }: DescEnum) {
    this.#full = new Set(values.flatMap(({ name, jsonName }) => [name, jsonName]));
    const short = new Map<string, string>();
    for (const { name } of values) {
      const rest = name.slice(sharedPrefix.length);
      if (rest !== '' && !this.#full.has(rest)) short.set(rest, name);
    }
    this.#short = short;
  }

  /** The full name of a value; undefined if there is no such value. */
  fullName(name: string): string | undefined {
    return this.#full.has(name) ? name : this.#short.get(name);
  }

  /** The full name that the client probably meant. */
  meant(name: string): string | undefined {
    const short = nearest(name, this.#short.keys());
    return short === undefined ? nearest(name, this.#full) : this.#short.get(short);
  }
}
