/** What every call in a project has to know about it. */
export interface Project {
  readonly id: string;
  /** The project in the analytics store: a positive 32-bit number, never given to another project. */
  readonly number: number;
  readonly orgId: string;
  /** IANA name of the reporting time zone; `UTC` by default. */
  readonly zone: string;
  /** Whether the events of a person before and after Identify count as one person's. */
  readonly mergeIdentities: boolean;
  /** Days after which events are deleted; null: they are kept. */
  readonly retentionDays: number | null;
  /** Events per second that the project may send; null: the limit of its organization alone holds. */
  readonly eventsPerSecond: number | null;
}
