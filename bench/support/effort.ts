/** How much patience to have. */
export interface Effort {
  /** Of each measurement. */
  readonly seconds: number;
  /** Measurements of each figure; the median counts. */
  readonly passes: number;
  /** The sizes that take minutes, too. */
  readonly large: boolean;
  /** How many million events are asked about; each size by itself. */
  readonly millions: readonly number[];
  /** Events of the person whose feed is read. */
  readonly events: number;
  /** Profiles that are listed. */
  readonly profiles: number;
}
