/** A campaign has at most so many recipients, as the contract has it. */
export const MOST_MEMBERS = 100_000;

/** Stored under the numbers of dovecote.campaign.v1.AudienceSourceKind. */
export const sourceKind = { users: 1, group: 2, team: 3, rule: 4, file: 5 } as const;
type SourceKind = (typeof sourceKind)[keyof typeof sourceKind];

/** Stored under the numbers of dovecote.campaign.v1.LeftOutReason. */
export const leftOutReason = {
  unknown: 1,
  excluded: 2,
  deactivated: 3,
  restricted: 4,
  namedTwice: 5,
} as const;
export type LeftOutReason = (typeof leftOutReason)[keyof typeof leftOutReason];

/** What members are taken from, as it is kept with the campaign. */
export interface AudienceSource {
  kind: SourceKind;
  excludes: boolean;
  /** The id of a group, team or rule. */
  id: string | null;
  /** Empty for a list of members and for a file. */
  name: string;
}

/** A source that can be resolved. */
export interface ResolvableSource extends AudienceSource {
  /** The members of the kind `users`. */
  userIds: readonly string[];
  /** For the kind `rule`. */
  condition: RulePredicate | null;
}

/** A jsonpath predicate over the facts of a member; `resolution.store.ts` says what they are. */
export interface RulePredicate {
  text: string;
  /** What the client has given, by the names that the text has for it. */
  variables: Readonly<Record<string, readonly string[]>>;
}

/** How a row of a file names a member: by id in lower case, or by address as it is stored. */
export interface MemberKey {
  userId: string | null;
  email: string | null;
}

/** A member whom a row names. */
export interface FileMember {
  userId: string;
  deactivated: boolean;
  restricted: boolean;
}

/** A row of a file, and why it is left out; null for who is in the audience unless restricted. */
export interface FileRow {
  row: number;
  userId: string | null;
  variables: Record<string, string>;
  restricted: boolean;
  reason: LeftOutReason | null;
}

/** How many members sources come to. */
export interface AudienceSummary {
  size: number;
  /** Members whom sources name more than once. */
  namedRepeatedly: number;
  leftOut: ReadonlyMap<LeftOutReason, number>;
}

/** A member of an audience, or one who is left out. */
export interface AudiencePerson {
  /** Null for a row of a file that names no member. */
  userId: string | null;
  email: string;
  name: string;
  /** Null for who is in the audience, once. */
  reason: LeftOutReason | null;
  source: AudienceSource;
  /** The row of the file; 0 without a file. */
  row: number;
}
