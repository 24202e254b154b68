/** What every call of an organization has to know about it. */
export interface OrganizationState {
  suspended: boolean;
  /** When it ceases to answer, before it ceases to exist; null: it stays. */
  expiresAt: Date | null;
  /** When it is deleted at a super admin's request, which can still be cancelled; null: that was not requested. */
  deletionDueAt: Date | null;
  /** Sustained calls per second and burst; null: the configured default. */
  ratePerSecond: number | null;
  rateBurst: number | null;
}

/** The error text for an organization that has ended. */
export const organizationEnded = 'This organization has ended: it expired, or is being deleted.';
