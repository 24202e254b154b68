/** What is wrong with a field. */
export interface Violation {
  /** In JSON names, with indexes: `steps[2].actionType`. */
  readonly field: string;
  readonly description: string;
  /** The same in the names of the proto: `steps[2].action_type`. */
  readonly protoField: string;
  /** Where JSON has another type than the field takes: `expected number, got string`. */
  readonly mismatch: string | undefined;
}

/** An unknown field that was passed over, although its name is near that of a known one. */
export interface IgnoredField {
  readonly field: string;
  readonly meant: string;
}

/** Further violations are reported once these are fixed. */
const MOST_VIOLATIONS = 20;
const MOST_IGNORED = 5;
/** Unknown fields that are compared with the known ones. */
const MOST_COMPARED = 50;
const DEEPEST = 100;

/** What reading a message brought to light, and where in the message the reader stands. */
export class Findings {
  readonly violations: Violation[] = [];
  readonly ignored: IgnoredField[] = [];
  /** Whether something was put in place of what the client wrote. */
  changed = false;
  #compared = 0;
  readonly #path: (string | number)[] = [];
  readonly #protoPath: (string | number)[] = [];

  /**
   * Until `leave`, findings are about what stands at `step`: a field's name, which the proto spells in its way, an index,
   * or a key in brackets.
   */
  enter(step: string | number, protoStep = step): void {
    this.#path.push(step);
    this.#protoPath.push(protoStep);
  }

  leave(): void {
    this.#path.pop();
    this.#protoPath.pop();
  }

  violation(description: string, mismatch?: string): void {
    if (this.isFull) return;
    const [field, protoField] = [pathOf(this.#path), pathOf(this.#protoPath)];
    this.violations.push({ field, description, protoField, mismatch });
  }

  get isFull(): boolean {
    return this.violations.length >= MOST_VIOLATIONS;
  }

  /** As deep as protobuf-es reads, with a list or map around every message. */
  get isTooDeep(): boolean {
    return this.#path.length > 2 * DEEPEST;
  }

  /** Asked for every unknown field: the first of them are compared with what is known. */
  unknown(name: string, nearest: () => string | undefined): void {
    if (this.ignored.length >= MOST_IGNORED || ++this.#compared > MOST_COMPARED) return;
    const meant = nearest();
    if (meant === undefined) return;
    this.ignored.push({ field: pathOf([...this.#path, name]), meant });
  }
}

function pathOf(steps: readonly (string | number)[]): string {
  let path = '';
  for (const step of steps) {
    if (typeof step === 'number') path += `[${step}]`;
    else path += path === '' || step.startsWith('[') ? step : `.${step}`;
  }
  return path;
}

const LONGEST_KEY = 60;

/** A key of a map as a step of a path. */
export function keyStep(key: string): string {
  return `[${JSON.stringify(key.length > LONGEST_KEY ? `${key.slice(0, LONGEST_KEY)}…` : key)}]`;
}
