/** A named SQL statement. */
export interface Statement {
  /** `<table or module>.<what>`, unique in the product. */
  readonly name: string;
  readonly text: string;
  /** Planned at each execution instead of once per connection. */
  readonly plannedEachTime?: boolean;
  /**
   * Takes no lock and writes nothing: before its transaction has begun, the statement is a transaction by
   * itself.
   */
  readonly onlyReads?: boolean;
  /** Before its transaction has begun, the statement is a transaction by itself, although it writes. */
  readonly commitsAlone?: boolean;
}

/** A statement about few rows: parsed and planned once per connection, under its name. */
export function statement(name: string, text: string): Statement {
  return { name, text };
}

/**
 * A statement that only reads, in calls that may write afterwards: as long as such a call has written nothing, it is
 * spared begin and commit. PostgreSQL refuses it when it writes.
 */
export function readStatement(name: string, text: string): Statement {
  return { name, text, onlyReads: true };
}

/**
 * A statement about many rows, planned for the sizes at hand: the plan that was right when the tables were small
 * would compare everybody with everybody once they have grown.
 */
export function setStatement(name: string, text: string): Statement {
  return { name, text, plannedEachTime: true };
}

/**
 * A statement that is all that its call writes. Sent first, it is committed when its result arrives, and spared begin
 * and commit. Sent later, it is committed with the others.
 */
export function loneStatement(name: string, text: string): Statement {
  return { name, text, commitsAlone: true };
}
