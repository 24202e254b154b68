export interface Violation {
  /** Path in the request, with indexes: `workflow.steps[2].transitions["completed"]`. */
  field: string;
  description: string;
}

export interface ValidateOptions {
  /** Where the definition sits in the request. */
  field?: string;
  /** Which IP addresses a webhook may name; none without it. */
  isPublicAddress?: (address: string) => boolean;
  /** Hosts (`name` or `name:port`) that webhooks may reach over http and at any address. */
  exemptHosts?: readonly string[];
}

/** Collects what is wrong below one field. */
export class Violations {
  constructor(
    private readonly path: string,
    readonly found: Violation[] = [],
  ) {}

  at(name: string | number): Violations {
    return new Violations(
      typeof name === 'number' ? `${this.path}[${name}]` : `${this.path}.${name}`,
      this.found,
    );
  }

  key(key: string): Violations {
    return new Violations(`${this.path}[${JSON.stringify(key)}]`, this.found);
  }

  add(description: string): void {
    this.found.push({ field: this.path, description });
  }

  require(holds: boolean, description: string): void {
    if (!holds) this.add(description);
  }

  atMost(limit: number, text: string): void {
    this.require(isWithin(text, limit), `must be at most ${limit} characters`);
  }
}

/** Characters are code points: an emoji counts once. */
export function isWithin(text: string, limit: number): boolean {
  return text.length <= limit || (text.length <= limit * 2 && [...text].length <= limit);
}
