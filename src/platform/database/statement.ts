/** A prepared statement: parsed and planned once per connection under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Declares a statement; the name is `<table or module>.<what>` and unique in the product. */
export function statement(name: string, text: string): Statement {
  return { name, text };
}
