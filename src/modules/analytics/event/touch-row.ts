/** A row of the analytics store's table `touches`, under the names of its columns; the queue adds the project. */
export interface TouchRow {
  readonly screen: string;
  /** `YYYY-MM-DD`: of the receipt. */
  readonly day: string;
  /** A random unsigned 64-bit number in decimal digits. */
  readonly touch: string;
  /** Empty: on no campaign. */
  readonly campaign: string;
  readonly kind: number;
  /** Cells of the finest grid. */
  readonly x: number;
  readonly y: number;
  readonly bucket: number;
  /** Seconds of the epoch. */
  readonly salted_at: number;
  /** `YYYY-MM-DD` */
  readonly expires_on: string;
}
