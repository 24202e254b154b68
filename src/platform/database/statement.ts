/** A named SQL statement. */
export interface Statement {
  /** `<table or module>.<what>`, unique in the product. */
  readonly name: string;
  readonly text: string;
  /** Planned at each execution instead of once per connection. */
  readonly plannedEachTime?: boolean;
}

/** A statement about few rows: parsed and planned once per connection, under its name. */
export function statement(name: string, text: string): Statement {
  return { name, text };
}

/**
 * A statement about many rows, planned for the sizes at hand: the plan that was right when the tables were small
 * would compare everybody with everybody once they have grown.
 */
export function setStatement(name: string, text: string): Statement {
  return { name, text, plannedEachTime: true };
}
