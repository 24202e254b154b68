import type { JsonValue } from '@bufbuild/protobuf';

/** Numbers of dovecote.profile.v1.PropertyChangeCause. */
export const changeCause = { identify: 1, import: 2, merge: 3, undoMerge: 4 } as const;

/** The call or import that tells something of a person. */
export type Telling =
  | { readonly cause: typeof changeCause.identify }
  | { readonly cause: typeof changeCause.import; readonly importId: string };

/** A property of a profile had another value from then on. */
export interface PropertyChange {
  /** Larger is later. */
  readonly id: string;
  /** The profile whose ids told the value. */
  readonly profileId: string;
  readonly name: string;
  /** Null: the property was removed, or the value is omitted. A JSON null is `{ json: null }`. */
  readonly value: { readonly json: JsonValue } | null;
  /** The size of a value that is too large to be kept; null for every other. */
  readonly omittedBytes: number | null;
  readonly cause: (typeof changeCause)[keyof typeof changeCause];
  /** The import, or the merge. */
  readonly causeId: string | null;
  readonly changedAt: Date;
}
