/** What every call of an organization has to know about it. */
export interface OrganizationState {
  suspended: boolean;
  /** When it ceases to answer, before it ceases to exist; null: it stays. */
  expiresAt: Date | null;
  /** Sustained calls per second and burst; null: the configured default. */
  ratePerSecond: number | null;
  rateBurst: number | null;
}
