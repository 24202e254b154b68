/** How long an organization counts as active after it asked for a connection. */
const ACTIVE_MS = 5_000;

interface Visit {
  readonly orgId: string;
  readonly at: number;
}

/** Tells whether an organization is alone. The last two that asked are enough to know. */
export class Neighbours {
  private latest: Visit | undefined;
  /** The latest of another organization than `latest`. */
  private other: Visit | undefined;

  constructor(private readonly now: () => number = () => performance.now()) {}

  note(orgId: string): void {
    if (this.latest && this.latest.orgId !== orgId) this.other = this.latest;
    this.latest = { orgId, at: this.now() };
  }

  /** Whether another organization was active lately. */
  has(orgId: string): boolean {
    const visit = this.latest?.orgId === orgId ? this.other : this.latest;
    return visit !== undefined && this.now() - visit.at < ACTIVE_MS;
  }
}
