/** What every call of an organization has to know about it. */
export interface OrganizationState {
  suspended: boolean;
  /** Sustained calls per second and burst; null: the configured default. */
  ratePerSecond: number | null;
  rateBurst: number | null;
}
