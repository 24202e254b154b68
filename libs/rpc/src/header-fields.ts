import { validateHeaderName, validateHeaderValue } from 'node:http';

/** Header fields by their names in lower case, as Node reads and writes them. */
export type Fields = NodeJS.Dict<string | string[]>;

const SET_COOKIE = 'set-cookie';
const COLON = 58;

/**
 * `Headers` over the very object that Node reads or writes. The one of the platform copies and checks each field
 * of every request, which costs more than the rest of a call.
 */
export class HeaderFields implements Headers {
  constructor(readonly fields: Fields) {}

  get(name: string): string | null {
    const value = this.#at(name.toLowerCase());
    return value === undefined ? null : joined(value);
  }

  has(name: string): boolean {
    return this.#at(name.toLowerCase()) !== undefined;
  }

  set(name: string, value: string): void {
    this.fields[name.toLowerCase()] = checked(name, value);
  }

  append(name: string, value: string): void {
    const key = name.toLowerCase();
    const before = this.#at(key);
    const added = checked(name, value);
    if (before === undefined) this.fields[key] = added;
    else if (key === SET_COOKIE) this.fields[key] = [before, added].flat();
    else this.fields[key] = `${joined(before)}, ${added}`;
  }

  delete(name: string): void {
    delete this.fields[name.toLowerCase()];
  }

  getSetCookie(): string[] {
    return [this.#at(SET_COOKIE) ?? []].flat();
  }

  forEach(visit: (value: string, name: string, self: Headers) => void): void {
    for (const [name, value] of this.entries()) visit(value, name, this);
  }

  *entries(): Generator<[string, string], void, undefined> {
    for (const name of Object.keys(this.fields)) {
      const value = this.#at(name);
      if (value === undefined) continue;
      // Repeated fields are one, except cookies.
      if (name === SET_COOKIE) for (const cookie of [value].flat()) yield [name, cookie];
      else yield [name, joined(value)];
    }
  }

  *keys(): Generator<string, void, undefined> {
    for (const [name] of this.entries()) yield name;
  }

  *values(): Generator<string, void, undefined> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): Generator<[string, string], void, undefined> {
    return this.entries();
  }

  /** Neither a pseudo-header of HTTP/2 nor what the object inherits is a field. */
  #at(name: string): string | string[] | undefined {
    const value: unknown = this.fields[name];
    if (name.charCodeAt(0) === COLON) return undefined;
    return typeof value === 'string' || Array.isArray(value) ? value : undefined;
  }
}

function joined(value: string | string[]): string {
  return typeof value === 'string' ? value : value.join(', ');
}

/** Throws a TypeError for what would split the header or not be one. */
function checked(name: string, value: string): string {
  const trimmed = value.trim();
  validateHeaderName(name);
  validateHeaderValue(name, trimmed);
  return trimmed;
}
